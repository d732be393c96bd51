// 链主周围一步:供应、投资、生产、需求、产业链、园区与区域;以路径返回,Browser 会画出来
// One hop around a leader: supply, investment, products, needs, chain, park and region; drawn by Browser
MATCH path = (:Enterprise {id: $leader})-[relation]-(other)
RETURN path AS `路径 path`
ORDER BY type(relation), other.id
LIMIT 200
