/// What a transform of a policy leaves to chance; drawn anew for every picture.
public struct Chance: Hashable, Sendable {
  /// Shears, moves and turns go the other way.
  public var negative: Bool
  /// A shear happens in the mirror; a resized crop is mirrored.
  public var mirrored: Bool
  /// Where the middle of a cutout lies, as shares of width and height in [0, 1).
  public var across, down: Double
  /// Which part a resized crop takes.
  public var box: RandomResizedCrop.Box?

  /// Decisions as given.
  public init(
    negative: Bool = false, mirrored: Bool = false, across: Double = 0.5, down: Double = 0.5,
    box: RandomResizedCrop.Box? = nil
  ) {
    self.negative = negative
    self.mirrored = mirrored
    self.across = across
    self.down = down
    self.box = box
  }

  /// Decisions for one picture of this size; only what the transform needs is drawn.
  init(
    for transform: PolicyTransform, magnitude: Double, width: Int, height: Int,
    using generator: inout some RandomNumberGenerator
  ) {
    self.init()
    switch transform {
    case .shearX, .shearY:
      negative = generator.next() >> 63 == 1
      mirrored = generator.next() >> 63 == 1
    case .translateX, .translateY, .rotate:
      negative = generator.next() >> 63 == 1
    case .cutout:
      across = uniform(0, 1, &generator)
      down = uniform(0, 1, &generator)
    case .randomResizedCrop:
      // Beyond magnitude 32.6 the share falls below nothing and its absolute value is taken.
      let share = max(abs(transform.value(at: magnitude)), 1e-6)
      let crop = RandomResizedCrop(size: 1, areaShare: share...(share + 0.01))
      box = crop.box(width: width, height: height, using: &generator)
      mirrored = generator.next() >> 63 == 1
    default: break
    }
  }
}

extension Picture {
  /// The picture after one transform of a policy, with chance decided; byte for byte as Pillow has it.
  ///
  /// - Parameters:
  ///   - magnitude: as policies record it, 0 … 30 and beyond, signed.
  ///   - family: whose border.
  ///   - side: what a resized crop is resized to.
  public func applying(
    _ transform: PolicyTransform, magnitude: Double, _ chance: Chance, family: PolicyFamily,
    side: Int
  ) -> Picture {
    let value = transform.value(at: magnitude)
    let turned = chance.negative ? -value : value
    switch transform {
    case .identity: return self
    case .shearX:
      return withBorder(family) { picture, margin in
        chance.mirrored
          ? picture.flippedUpsideDown.shearedX(turned, about: margin).flippedUpsideDown
          : picture.shearedX(turned, about: margin)
      }
    case .shearY:
      return withBorder(family) { picture, margin in
        chance.mirrored
          ? picture.flipped.shearedY(turned, about: margin).flipped
          : picture.shearedY(turned, about: margin)
      }
    case .translateX:
      let moved = turned * Double(width)
      return withBorder(family) { picture, _ in
        picture.transformed(Affine(1, 0, moved, 0, 1, 0), .nearest)
      }
    case .translateY:
      let moved = turned * Double(height)
      return withBorder(family) { picture, _ in
        picture.transformed(Affine(1, 0, 0, 0, 1, moved), .nearest)
      }
    case .rotate:
      return withBorder(family) { picture, _ in picture.rotated(turned, .bicubic) }
    case .autoContrast: return autoContrasted(cutoff: value)
    case .solarize: return solarized(threshold: value)
    case .solarizeAdd: return solarizedHalf(threshold: value)
    case .posterize: return posterized(bits: Int(value))
    case .contrast: return contrasted(1 + value)
    case .color: return colored(1 + value)
    case .brightness: return brightened(1 + value)
    case .sharpness: return sharpened(1 + value)
    case .cutout: return cutout(value, chance)
    case .randomResizedCrop:
      let box = chance.box ?? RandomResizedCrop.Box(left: 0, top: 0, width: width, height: height)
      let part = cropped(left: box.left, top: box.top, width: box.width, height: box.height)
        .resized(width: side, height: side, .bicubic)
      return chance.mirrored ? part.flipped : part
    case .invert: return inverted
    case .equalize: return equalized
    }
  }

  /// `body` over the picture in its mirrored surroundings, which are cut off again; over the bare picture for ImageNet.
  private func withBorder(_ family: PolicyFamily, _ body: (Picture, Int) -> Picture) -> Picture {
    switch family {
    case .cifar:
      let margin = min(width, height) - 1
      return body(padded(margin, .reflect), margin)
        .cropped(left: margin, top: margin, width: width, height: height)
    case .imageNet: return body(self, 0)
    }
  }

  /// Every row moved by `value` · its distance from row `margin`: a cubic pass that also moves the picture by the margin, and
  /// a second one that moves it back.
  private func shearedX(_ value: Double, about margin: Int) -> Picture {
    let back = value == 0 ? 0 : value > 0 ? Double(margin) : -Double(margin)
    return transformed(Affine(1, value, -back, 0, 1, Double(margin)), .bicubic)
      .transformed(Affine(1, 0, back, 0, 1, -Double(margin)), .nearest)
  }

  /// The same for columns.
  private func shearedY(_ value: Double, about margin: Int) -> Picture {
    let back = value == 0 ? 0 : value > 0 ? Double(margin) : -Double(margin)
    return transformed(Affine(1, 0, Double(margin), value, 1, -back), .bicubic)
      .transformed(Affine(1, 0, -Double(margin), 0, 1, back), .nearest)
  }

  /// A black square of side `share` · width about a point; the far edge is drawn too.
  private func cutout(_ share: Double, _ chance: Chance) -> Picture {
    if share <= 0 { return self }
    let side = share * Double(width)
    let left = Int(max(0, chance.across * Double(width) - side / 2))
    let top = Int(max(0, chance.down * Double(height) - side / 2))
    return cutout(
      left: left, top: top, right: Int(min(Double(width), Double(left) + side)),
      bottom: Int(min(Double(height), Double(top) + side)))
  }
}
