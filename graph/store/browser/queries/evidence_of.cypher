// 一个编号背后的依据:来源、出处、日期、等级,各支持它自己或它的哪条关系
// The evidence behind an id: source, place, date and grade, of the row itself and of each of its relations
//
// 依据编号记在属性 evidence 里,不是关系,所以图上点不到。
// Evidence ids are kept in the property `evidence`, not as relations, so a drawing does not show them.
MATCH (entity:Chain|Enterprise|Park|Project|Region|Segment {id: $id})
CALL (entity) {
  RETURN entity AS held, entity.name AS what
  UNION ALL
  MATCH (entity)-[relation]-(other)
  RETURN relation AS held, type(relation) + ' ' + coalesce(other.name, other.id) AS what
}
UNWIND coalesce(held.evidence, []) AS record
MATCH (evidence:Evidence {id: record})
RETURN what AS `支持 behind`,
       evidence.source AS `来源 source`,
       evidence.locator AS `出处 locator`,
       evidence.as_of AS `日期 as of`,
       CASE evidence.grade
         WHEN 'verified' THEN '已核实' WHEN 'inferred' THEN '推断' ELSE '申报'
       END AS `等级 grade`
ORDER BY what, evidence.id
