// 一个园区(含园中园)里,能做某产业链环节的在营入园企业,及其环节
// Active tenants of a park and its sub-parks that make a segment of a chain, with the segments
MATCH (:Park {id: $park})<-[:PART_OF*0..]-(place:Park)<-[:TENANT_OF]-(tenant:Enterprise)
WHERE coalesce(tenant.status, 'active') = 'active'
MATCH (tenant)-[:PRODUCES]->(segment:Segment)-[:PART_OF]->(:Chain {id: $chain})
WITH place, tenant, segment ORDER BY segment.id
WITH place, tenant, collect(DISTINCT segment.name) AS segments
RETURN place.name AS `园区 park`,
       tenant.id AS `编号 id`,
       tenant.name AS `企业 tenant`,
       segments AS `环节 segments`
ORDER BY place.id, tenant.id
