import Harness

/// Every experiment and every recipe of the program. A new experiment is one line here.
public enum Registry {
  /// The experiments, in the order in which they are listed.
  public static let experiments = ExperimentRegistry([
    AnyExperiment(SparseVDTable1.self),
    AnyExperiment(SparseVDVariants.self),
    AnyExperiment(SparseVDKL.self),
    AnyExperiment(SparseVDTrainingLog.self),
    AnyExperiment(SparseVDParametrization.self),
    AnyExperiment(SparseVDRandomLabels.self),
    AnyExperiment(SparseVDWidth.self),
    AnyExperiment(CIFAR10CResNet20.self),
    AnyExperiment(DWPKernels.self),
    AnyExperiment(DWPAccuracy.self),
    AnyExperiment(DWPRandomFeatures.self),
    AnyExperiment(DWPConvergence.self),
    AnyExperiment(DWPLatent.self),
    AnyExperiment(DWPVAESamples.self),
    AnyExperiment(TTANLLCIFAR.self),
    AnyExperiment(TTANLLImageNet.self),
    AnyExperiment(GPSPolicy.self),
    AnyExperiment(GPSCorruption.self),
    AnyExperiment(GPSImageNet.self),
    AnyExperiment(MeTTALinearProbe.self),
    AnyExperiment(MeTTAInterpolation.self),
    AnyExperiment(MeTTAMethod.self),
  ])

  /// What trials can be made of.
  public static let recipes = RecipeRegistry([
    TrainDense.self, TrainSparse.self, TrainPruned.self, TrainSurgery.self, TrainShared.self,
    TrainVariationalDropout.self, TrainRandomLabels.self, TabulateDivergence.self,
    ScoreCorrupted.self, AverageCorruptions.self, TrainKernelSource.self, FitKernelPrior.self,
    InferKernels.self, DrawKernels.self, TrainOnFeatures.self, TrainFromKernels.self,
    TrainAutoencoder.self, TrainClassifier.self, AverageWeights.self, TrainFactorised.self,
    FitLaplace.self, PredictMembers.self, PredictPhotos.self, ScoreEnsemble.self,
    CompareWithDeepEnsemble.self, CompareViews.self, PredictViews.self, AverageNetworks.self,
    SearchPolicy.self, ChooseMagnitude.self, ScoreForms.self, CompareForms.self,
    CompareStrategies.self, DrawPolicy.self,
    TrainContrastive.self, Embed.self,
    ProbeEmbeddings.self, Interpolate.self, Retrieve.self, ProjectViews.self,
  ])
}
