import Foundation

/// Puts texts beside their points where they cover the least; deterministic.
///
/// Each text tries places all around its point, near ones first; a place costs for what it covers,
/// for leaving the frame, for distance, and for lying nearer to another point than to its own. Texts
/// are placed in order and then reconsidered a few times, since a later one may have taken a place
/// that an earlier one can leave.
struct LabelPlacer {
  struct Request {
    var text: String
    var style: TextStyle
    var anchor: Point
    /// Distance from the anchor that the text keeps.
    var clearance: Double
    /// Positions of the box's centre instead of those around the anchor, cheapest first.
    var centers: [Point]? = nil
  }

  struct Placed {
    var request: Request
    var box: Rect
    /// From the point to the text, where they lie apart.
    var leader: [Point]
  }

  struct Obstacle {
    var rect: Rect
    /// Cost of covering a square point.
    var weight: Double
    /// Whether it is a point that a nearby text would seem to belong to.
    var isMarker = false
  }

  var frame: Rect
  var obstacles: [Obstacle] = []

  func place(_ requests: [Request]) -> [Placed] {
    let choices = requests.map(candidates)
    let fixedCosts = zip(requests, choices).map { request, choices in
      choices.map { $0.cost + cost(of: $0, for: request) }
    }
    var chosen: [Int] = []
    for index in requests.indices {
      chosen.append(best(index, choices, fixedCosts, chosen, among: 0..<index))
    }
    for _ in 0..<6 {
      let before = chosen
      for index in requests.indices {
        chosen[index] = best(index, choices, fixedCosts, chosen, among: requests.indices)
      }
      if chosen == before { break }
    }
    return requests.indices.map { index in
      let choice = choices[index][chosen[index]]
      return Placed(request: requests[index], box: choice.box, leader: choice.leader)
    }
  }

  private struct Candidate {
    var box: Rect
    var leader: [Point]
    var cost: Double
  }

  private func candidates(_ request: Request) -> [Candidate] {
    let width = request.style.width(of: request.text)
    let height = request.style.size
    func box(_ center: Point) -> Rect {
      Rect(x: center.x - width / 2, y: center.y - height / 2, width: width, height: height)
    }
    if let centers = request.centers {
      return centers.enumerated().map {
        Candidate(box: box($0.element), leader: [], cost: Double($0.offset) * 0.5)
      }
    }
    var all: [Candidate] = []
    for (ring, gap) in [1.5, 5, 10, 16, 23, 31, 40].enumerated() {
      for step in 0..<16 {
        let angle = Double(step) * Double.pi / 8
        let (across, down) = (cos(angle), -sin(angle))
        let distance = request.clearance + gap
        let center = Point(
          request.anchor.x + across * (distance + width / 2),
          request.anchor.y + down * (distance + height / 2))
        let rect = box(center)
        let edge = Point(
          min(max(request.anchor.x, rect.x), rect.right),
          min(max(request.anchor.y, rect.y), rect.bottom))
        let reach = hypot(edge.x - request.anchor.x, edge.y - request.anchor.y)
        let start = Point(
          request.anchor.x + (edge.x - request.anchor.x) / max(reach, 1e-9) * request.clearance,
          request.anchor.y + (edge.y - request.anchor.y) / max(reach, 1e-9) * request.clearance)
        // Right and left read best, then above and below, then the slants.
        let turn = [0: 0.0, 8: 1, 4: 1.5, 12: 1.5][step] ?? 2 + Double(step % 2)
        all.append(
          Candidate(
            box: rect, leader: ring >= 2 && reach > request.clearance + 4 ? [start, edge] : [],
            cost: turn + gap * 1.2))
      }
    }
    return all
  }

  private func cost(of candidate: Candidate, for request: Request) -> Double {
    let box = candidate.box
    var cost = 1000 * (box.area - box.overlap(frame.grown(by: -1))) / max(box.area, 1)
    let own = distance(request.anchor, box)
    for obstacle in obstacles {
      cost += obstacle.weight * obstacle.rect.overlap(box.grown(by: 1))
      guard obstacle.isMarker, request.centers == nil else { continue }
      let center = Point(
        obstacle.rect.x + obstacle.rect.width / 2, obstacle.rect.y + obstacle.rect.height / 2)
      if center == request.anchor { continue }
      let gap = distance(center, box)
      if gap < own + 1 { cost += 12 } else if gap < own + 4 { cost += 4 }
    }
    if candidate.leader.count == 2 {
      for share in stride(from: 0.0, through: 1, by: 0.1) {
        let (a, b) = (candidate.leader[0], candidate.leader[1])
        let spot = Rect(
          x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share, width: 0.5, height: 0.5)
        for obstacle in obstacles where obstacle.rect.overlap(spot) > 0 {
          cost += obstacle.weight * (obstacle.isMarker ? 2 : 0.3)
        }
      }
    }
    return cost
  }

  private func best(
    _ index: Int, _ choices: [[Candidate]], _ costs: [[Double]], _ chosen: [Int],
    among others: Range<Int>
  ) -> Int {
    var best = 0
    var least = Double.infinity
    for candidate in choices[index].indices {
      var cost = costs[index][candidate]
      if cost >= least { continue }
      let mine = choices[index][candidate]
      for other in others where other != index && other < chosen.count {
        let theirs = choices[other][chosen[other]]
        cost += 20 * theirs.box.overlap(mine.box.grown(by: 1))
        if crosses(mine.leader, theirs.box) || crosses(theirs.leader, mine.box) { cost += 60 }
      }
      if cost < least {
        least = cost
        best = candidate
      }
    }
    return best
  }

  private func crosses(_ leader: [Point], _ box: Rect) -> Bool {
    guard leader.count == 2 else { return false }
    return stride(from: 0.0, through: 1, by: 0.05).contains { share in
      let x = leader[0].x + (leader[1].x - leader[0].x) * share
      let y = leader[0].y + (leader[1].y - leader[0].y) * share
      return x > box.x && x < box.right && y > box.y && y < box.bottom
    }
  }

  private func distance(_ point: Point, _ box: Rect) -> Double {
    let across = max(box.x - point.x, 0, point.x - box.right)
    let down = max(box.y - point.y, 0, point.y - box.bottom)
    return hypot(across, down)
  }
}
