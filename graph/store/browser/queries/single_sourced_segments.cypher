// 一个区域(含下级区域)里只有一家在营企业能做的环节:某链主需要的,或某产业链的
// Segments with exactly one active maker in a region: those a leader requires, or those of a chain
//
// 只数家数,不看产能;产品里的“单点”还要看产能与可用率。不问链主或产业链时,该参数设为 null。
// Makers are counted, whatever their capacity; the product's “single-sourced” weighs capacity too.
// Set $leader or $chain to null to leave it out.
CALL () {
  MATCH (leader:Enterprise {id: $leader})-[:PRODUCES]->(:Segment)<-[:INPUT_OF*1..6]-(segment:Segment)
  WITH DISTINCT leader, segment
  WHERE NOT (leader)-[:PRODUCES]->(segment)
  RETURN segment
  UNION
  MATCH (:Chain {id: $chain})<-[:PART_OF]-(segment:Segment)
  RETURN segment
}
MATCH (region:Region {id: $region})
WITH segment, region, COLLECT {
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
WHERE size(makers) = 1
RETURN segment.id AS `编号 id`,
       segment.name AS `环节 segment`,
       head(makers).id AS `企业编号 maker id`,
       head(makers).name AS `唯一企业 only maker`
ORDER BY segment.id
