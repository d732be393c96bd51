// 链主上游六步以内需要的环节,按关键度排序,附链主所在区域(含下级区域)里的在营供应商
// Segments a leader requires within 6 hops upstream, by criticality, with active suppliers in the leader's region
//
// 供查看,不是产品给出的数:权重未知时一律取全部已知权重的中位数(没有则 0.5);产品按同一产出环节取中位数。
// A look, not the product's number: an unknown weight is the median of all known ones (else 0.5);
// the product takes the median into the same output. Neither shortage nor surveys are considered here.
CALL () {
  OPTIONAL MATCH (:Segment)-[known:INPUT_OF]->(:Segment)
  RETURN coalesce(percentileCont(known.weight, 0.5), 0.5) AS usual
}
MATCH (leader:Enterprise {id: $leader})-[makes:PRODUCES]->(product:Segment)
MATCH walk = (product)<-[:INPUT_OF*1..6]-(segment:Segment)
WITH leader, segment, max(
  reduce(c = coalesce(makes.importance, 1.0), input IN relationships(walk) |
    c * (0.875 * coalesce(input.weight, usual)))
) AS criticality
WHERE NOT (leader)-[:PRODUCES]->(segment)
OPTIONAL MATCH (leader)-[:LOCATED_IN]->(region:Region)
WITH segment, criticality, region, COLLECT {
  MATCH (segment)<-[:PRODUCES]-(maker:Enterprise),
        (maker)-[:LOCATED_IN]->(:Region)-[:PART_OF*0..]->(region)
  WHERE coalesce(maker.status, 'active') = 'active'
  RETURN DISTINCT maker
  UNION
  // 已投产项目的拟生产环节算其申报单位的生产 / what an operating project offers counts as made
  MATCH (segment)<-[:OFFERS]-(project:Project {stage: 'operating'})-[:PROPOSED_BY]->(maker:Enterprise),
        (project)-[:LOCATED_IN]->(:Region)-[:PART_OF*0..]->(region)
  WHERE coalesce(maker.status, 'active') = 'active' AND NOT (maker)-[:PRODUCES]->(segment)
  RETURN DISTINCT maker
} AS makers
RETURN segment.id AS `编号 id`,
       segment.name AS `环节 segment`,
       criticality AS `关键度 c`,
       region.name AS `区域 region`,
       CASE WHEN region IS NOT NULL THEN size(makers) END AS `供应商数 suppliers`,
       [maker IN makers | maker.name] AS `供应商 names`
ORDER BY criticality DESC, segment.id
