// 从一个环节到链主产品的供应路径,最强的在前;以路径返回,Browser 会画出来
// The paths from a segment to a leader's product, strongest first; returned as paths, so Browser draws them
//
// 强度 = 链主产品的重要度 × 每一步的 0.875 × 权重;权重未知时取全部已知权重的中位数(没有则 0.5)。
// Strength = importance of the leader's product × 0.875 × weight of each hop; an unknown weight is the
// median of all known ones (else 0.5).
CALL () {
  OPTIONAL MATCH (:Segment)-[known:INPUT_OF]->(:Segment)
  RETURN coalesce(percentileCont(known.weight, 0.5), 0.5) AS usual
}
MATCH path = (:Segment {id: $segment})-[:INPUT_OF*1..6]->(:Segment)
             <-[makes:PRODUCES]-(:Enterprise {id: $leader})
WITH path, reduce(
  c = coalesce(makes.importance, 1.0), input IN tail(reverse(relationships(path))) |
  c * (0.875 * coalesce(input.weight, usual))
) AS strength
RETURN path AS `路径 path`, strength AS `强度 strength`
ORDER BY strength DESC, length(path), [node IN reverse(nodes(path)) | node.id]
LIMIT toInteger($paths)
