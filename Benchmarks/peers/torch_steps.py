"""PyTorch's side of the benchmark. The steps are specified in ../README.md.

Modes: default (eager as one writes it), tuned (memory kept by malloc, channels_last convolutions,
noise drawn in the order of memory, batch normalisation folded for inference), compile
(torch.compile of the tuned forward pass and loss). Adam is the fused one throughout.
"""

import math
import sys

from protocol import arguments, restart_with, serve

options = arguments(("default", "tuned", "compile"))
environment = {
    "OMP_NUM_THREADS": str(options.threads),
    "MKL_NUM_THREADS": str(options.threads),
}
if options.mode != "default":
    # Large buffers come back from the heap, not from fresh pages at every step.
    environment |= {
        "MALLOC_MMAP_MAX_": "0",
        "MALLOC_TRIM_THRESHOLD_": str(1 << 40),
        "MALLOC_TOP_PAD_": str(1 << 28),
    }
restart_with(environment)

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

torch.set_num_threads(options.threads)
torch.manual_seed(1)
TUNED = options.mode != "default"
TRAIN_SIZE, IMAGES, CIFAR_IMAGES, SEQUENCES = 60_000, 10_000, 4_096, 1_024
K1, K2, K3 = 0.63576, 1.87320, 1.48695


class Batches:
    """Random rows of data that lies in memory, gathered anew for every step."""

    def __init__(self, size, batch, *tensors, axis=0):
        self.tensors, self.batch, self.axis, self.at = tensors, batch, axis, 0
        self.order = torch.randperm(size)

    def next(self):
        if self.at + self.batch > len(self.order):
            self.at = 0
        rows = self.order[self.at:self.at + self.batch]
        self.at += self.batch
        return [t.index_select(self.axis if t.dim() > 1 else 0, rows) for t in self.tensors]


def mnist():
    return Batches(IMAGES, 100, torch.rand(IMAGES, 784), torch.randint(0, 10, (IMAGES,)))


def pictures(x):
    return x.view(-1, 1, 28, 28)


def noise(like):
    """Standard normal numbers, laid out as the tensor that they are added to."""
    if TUNED and like.dim() == 4:
        n, c, h, w = like.shape
        return torch.randn(n, h, w, c).permute(0, 3, 1, 2)
    return torch.randn_like(like)


def channels_last(model):
    return model.to(memory_format=torch.channels_last) if TUNED else model


class LeNet300(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(784, 300), nn.Linear(300, 100), nn.Linear(100, 10)

    def forward(self, x):
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


class LeNet5(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 20, 5), nn.Conv2d(20, 50, 5)
        self.fc1, self.fc2 = nn.Linear(800, 500), nn.Linear(500, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(pictures(x))), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


class Variational(nn.Module):
    """A dense or convolutional layer with Gaussian weights, by local reparametrization."""

    def __init__(self, *shape):
        super().__init__()
        self.theta = nn.Parameter(0.01 * torch.randn(*shape))
        self.logvariance = nn.Parameter(torch.full(shape, -10.0))
        self.bias = nn.Parameter(torch.zeros(shape[0]))
        self.function = F.linear if len(shape) == 2 else F.conv2d

    def forward(self, x):
        log_alpha = (self.logvariance - torch.log(self.theta**2 + 1e-8)).clamp(-8, 8)
        mean = self.function(x, self.theta * (log_alpha < 3), self.bias)
        variance = self.function(x * x, torch.exp(self.logvariance)) + 1e-8
        kl = (K1 + 0.5 * F.softplus(-log_alpha) - K1 * torch.sigmoid(K2 + K3 * log_alpha)).sum()
        return mean + torch.sqrt(variance) * noise(mean), kl


class VariationalLeNet300(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = Variational(300, 784), Variational(100, 300), Variational(10, 100)

    def forward(self, x):
        x, kl1 = self.fc1(x)
        x, kl2 = self.fc2(F.relu(x))
        x, kl3 = self.fc3(F.relu(x))
        return x, kl1 + kl2 + kl3


class VariationalLeNet5(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = Variational(20, 1, 5, 5), Variational(50, 20, 5, 5)
        self.fc1, self.fc2 = Variational(500, 800), Variational(10, 500)

    def forward(self, x):
        x, kl1 = self.conv1(pictures(x))
        x, kl2 = self.conv2(F.max_pool2d(F.relu(x), 2))
        x, kl3 = self.fc1(F.max_pool2d(F.relu(x), 2).flatten(1))
        x, kl4 = self.fc2(F.relu(x))
        return x, kl1 + kl2 + kl3 + kl4


class ConvVAE(nn.Module):
    def __init__(self, latent=10):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 64, 7, stride=2), nn.Conv2d(64, 128, 5)
        self.mean, self.logvariance = nn.Linear(6272, latent), nn.Linear(6272, latent)
        self.dense = nn.Linear(latent, 128)
        self.up1 = nn.ConvTranspose2d(128, 128, 5)
        self.up2 = nn.ConvTranspose2d(128, 64, 5, stride=2)
        self.up3 = nn.ConvTranspose2d(64, 1, 5, stride=2, padding=1, output_padding=1)

    def forward(self, images):
        x = F.elu(self.conv2(F.elu(self.conv1(pictures(images))))).flatten(1)
        mean, logvariance = self.mean(x), self.logvariance(x)
        z = mean + torch.exp(0.5 * logvariance) * noise(mean)
        x = F.elu(self.dense(z)).view(-1, 128, 1, 1)
        logits = self.up3(F.elu(self.up2(F.elu(self.up1(x))))).flatten(1)
        reconstruction = F.binary_cross_entropy_with_logits(logits, images, reduction="sum")
        kl = 0.5 * (torch.exp(logvariance) + mean**2 - 1 - logvariance).sum()
        return (reconstruction + kl) / len(images)


class KernelPrior(nn.Module):
    """The frozen autoencoder of kernels; gives the sum of -log p(w|z) + KL(r(z|w) || N(0, I))."""

    def __init__(self, size):
        super().__init__()
        up = nn.ConvTranspose2d
        if size == 7:
            channels, codes = 32, 2
            encoder = [nn.Conv2d(1, 32, 3), nn.Conv2d(32, 64, 3), nn.Conv2d(64, 64, 3)]
            decoder = [up(2, 64, 3), up(64, 64, 3), up(64, 32, 3)]
        else:
            channels, codes = 64, 4
            encoder = [nn.Conv2d(1, 64, 3, padding=1), nn.Conv2d(64, 64, 3, padding=1),
                       nn.Conv2d(64, 128, 3), nn.Conv2d(128, 128, 3)]
            decoder = [nn.Conv2d(4, 128, 1), up(128, 128, 3), up(128, 128, 3),
                       nn.Conv2d(128, 64, 1)]
        self.encoder, self.decoder = (
            nn.Sequential(*(part for layer in layers for part in (layer, nn.ELU())))
            for layers in (encoder, decoder))
        self.code = nn.ModuleList(nn.Conv2d(2 * channels, codes, 1) for _ in range(2))
        self.kernel = nn.ModuleList(nn.Conv2d(channels, 1, 1) for _ in range(2))
        self.requires_grad_(False)

    def forward(self, w):
        x = self.encoder(w)
        mean, variance = self.code[0](x), F.softplus(self.code[1](x)) + 1e-6
        x = self.decoder(mean + torch.sqrt(variance) * torch.randn_like(mean))
        centre, spread = self.kernel[0](x), F.softplus(self.kernel[1](x)) + 1e-6
        energy = 0.5 * ((w - centre) ** 2 / spread + torch.log(spread)).sum()
        divergence = 0.5 * (variance + mean**2 - torch.log(variance) - 1).sum()
        return energy + divergence + 0.5 * math.log(2 * math.pi) * w.numel()


class InferredConvolution(nn.Module):
    """A convolution with a posterior over its kernels, whose prior is learned."""

    def __init__(self, inner, outer, size):
        super().__init__()
        self.mu = nn.Parameter(0.1 * torch.randn(outer, inner, size, size))
        self.logvariance = nn.Parameter(torch.full_like(self.mu, -10.0))
        self.bias = nn.Parameter(torch.zeros(outer))
        self.prior = KernelPrior(size)

    def forward(self, x, kernels):
        mean = F.conv2d(x, self.mu, self.bias)
        variance = F.conv2d(x * x, torch.exp(self.logvariance)) + 1e-8
        size = self.mu.shape[-1]
        mu, logvariance = (p.reshape(-1, 1, size, size) for p in (self.mu, self.logvariance))
        if len(kernels) < len(mu):
            mu, logvariance = mu[kernels], logvariance[kernels]
        w = mu + torch.exp(0.5 * logvariance) * torch.randn_like(mu)
        share = self.mu.shape[0] * self.mu.shape[1] / len(mu)
        entropy = (0.5 * self.logvariance + 0.5 * math.log(2 * math.pi * math.e)).sum()
        return mean + torch.sqrt(variance) * noise(mean), share * self.prior(w) - entropy


class InferredConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = InferredConvolution(1, 32, 7), InferredConvolution(32, 128, 5)
        self.fc = nn.Linear(1152, 10)

    def forward(self, x, kernels1, kernels2):
        x, kl1 = self.conv1(pictures(x), kernels1)
        # The rectifier and the maximum commute.
        x, kl2 = self.conv2(F.leaky_relu(F.max_pool2d(x, 2)), kernels2)
        return self.fc(F.leaky_relu(F.max_pool2d(x, 2)).flatten(1)), kl1 + kl2


def normalized(inner, outer, kernel, stride):
    return nn.Sequential(nn.Conv2d(inner, outer, kernel, stride, kernel // 2, bias=False),
                         nn.BatchNorm2d(outer))


class Block(nn.Module):
    def __init__(self, inner, outer, stride):
        super().__init__()
        self.first, self.second = normalized(inner, outer, 3, stride), normalized(outer, outer, 3, 1)
        self.shortcut = normalized(inner, outer, 1, stride) if stride != 1 else nn.Identity()

    def forward(self, x):
        return F.relu(self.second(F.relu(self.first(x))) + self.shortcut(x))


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        blocks, inner = [], 16
        for width in (16, 32, 64):
            for _ in range(3):
                blocks.append(Block(inner, width, 1 if inner == width else 2))
                inner = width
        self.stem, self.blocks, self.head = normalized(3, 16, 3, 1), nn.Sequential(*blocks), nn.Linear(64, 10)

    def forward(self, x):
        return self.head(self.blocks(F.relu(self.stem(x))).mean((2, 3)))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.head = nn.LSTM(128, 128), nn.Linear(128, 128)

    def forward(self, x):
        return self.head(self.lstm(x)[0])


def cifar():
    """Pixels in the order that the network wants them, so that a gathered batch needs no copy."""
    x, labels = torch.randn(CIFAR_IMAGES, 3072), torch.randint(0, 10, (CIFAR_IMAGES,))
    return Batches(CIFAR_IMAGES, 128, x, labels)


def colours(x):
    return x.view(-1, 32, 32, 3).permute(0, 3, 1, 2) if TUNED else x.view(-1, 3, 32, 32)


def training(model, batches, loss):
    """One step: gather, forward, loss, backward, Adam."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, fused=True)
    if options.mode == "compile":
        loss = torch.compile(loss, dynamic=False)

    def step():
        rows = batches.next()
        optimizer.zero_grad(set_to_none=True)
        value = loss(*rows)
        value.backward()
        optimizer.step()
        return value

    return step


def classification(model):
    model = channels_last(model)
    return training(model, mnist(), lambda x, labels: F.cross_entropy(model(x), labels))


def variational(model):
    model = channels_last(model)

    def loss(x, labels):
        logits, kl = model(x)
        return F.cross_entropy(logits, labels) + kl / TRAIN_SIZE

    return training(model, mnist(), loss)


def conv_vae():
    model, batches = channels_last(ConvVAE()), mnist()
    batches.tensors = batches.tensors[:1]
    return training(model, batches, lambda x: model(x))


class Kernels:
    """Batches with the kernels of a step, drawn without repetition."""

    def __init__(self, batches):
        self.batches = batches

    def next(self):
        return [*self.batches.next(), torch.arange(32), torch.randperm(32 * 128)[:512]]


def dwp_step():
    model = channels_last(InferredConvNet())
    batches = mnist()
    batches.batch = 128

    def loss(x, labels, kernels1, kernels2):
        logits, kl = model(x, kernels1, kernels2)
        return F.cross_entropy(logits, labels) + kl / 1000

    return training(model, Kernels(batches), loss)


def resnet20_train():
    model = channels_last(ResNet20())
    return training(model, cifar(), lambda x, labels: F.cross_entropy(model(colours(x)), labels))


def resnet20_infer():
    model, batches = ResNet20().eval(), cifar()
    batches.tensors = batches.tensors[:1]
    if TUNED:
        for module in list(model.modules()):
            if isinstance(module, nn.Sequential) and isinstance(module[-1], nn.BatchNorm2d):
                module[0] = nn.utils.fusion.fuse_conv_bn_eval(module[0], module[1])
                module[1] = nn.Identity()
    model = channels_last(model)
    forward = lambda x: model(colours(x))  # noqa: E731
    if options.mode == "compile":
        import torch._inductor.config as inductor

        inductor.freezing = True
        forward = torch.compile(forward, dynamic=False)

    def step():
        with torch.no_grad():
            return forward(*batches.next())

    return step


def lstm():
    # Time first: [64 steps, sequences, 128], so that a step of all sequences is one block of memory.
    model = Recurrent()
    batches = Batches(SEQUENCES, 64, torch.randn(64, SEQUENCES, 128),
                      torch.randint(0, 128, (64, SEQUENCES)), axis=1)
    return training(model, batches,
                    lambda x, labels: F.cross_entropy(model(x).flatten(0, 1), labels.flatten()))


BUILDERS = {
    "svd-lenet5": lambda: variational(VariationalLeNet5()),
    "svd-lenet300": lambda: variational(VariationalLeNet300()),
    "lenet5": lambda: classification(LeNet5()),
    "lenet300": lambda: classification(LeNet300()),
    "conv-vae": conv_vae,
    "resnet20-train": resnet20_train,
    "resnet20-infer": resnet20_infer,
    "lstm": lstm,
    "dwp-step": dwp_step,
}

if __name__ == "__main__":
    sys.exit(serve(BUILDERS[options.step]))
