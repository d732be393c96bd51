// What $leader requires in $region on $as_of with who makes it, as `required`: gaps.cypher and
// rank.cypher go on from here.  $usual and $overall come from weights.cypher.

// What the leader makes itself, operating projects included.
MATCH (leader:Enterprise {id: $leader})
CALL (leader) {
  CALL (leader) {
    MATCH (leader)-[makes:PRODUCES]->(t:Segment)
    RETURN t, coalesce(makes.importance, 1.0) AS importance
    UNION
    MATCH (leader)<-[:PROPOSED_BY]-(:Project {stage: 'operating'})-[:OFFERS]->(t:Segment)
    WHERE NOT (leader)-[:PRODUCES]->(t)
    RETURN t, 1.0 AS importance
  }
  RETURN collect(t) AS in_house, collect({t: t, importance: importance}) AS products
}

// Every region that somebody stands in, with itself and what contains it, nearest first: by
// parent, else by the prefix of a six-digit code.
CALL () { MATCH (r:Region) RETURN collect(r) AS regions }
CALL (regions) {
  CALL () {
    MATCH (x:Enterprise|Project) WHERE x.region IS NOT NULL RETURN x.region AS id
    UNION
    RETURN $region AS id
  }
  RETURN collect({id: id, path: reduce(path = [id], level IN range(1, 9) | path + [
    up IN [coalesce(
      head([r IN regions WHERE r.id = last(path) | r.parent]),
      CASE
        WHEN NOT last(path) =~ '[0-9]{6}' OR last(path) ENDS WITH '0000' THEN null
        WHEN last(path) ENDS WITH '00' OR substring(last(path), 2, 2) = '90'
          THEN left(last(path), 2) + '0000'
        ELSE left(last(path), 4) + '00'
      END
    )] WHERE up IS NOT NULL AND NOT up IN path
  ])}) AS places
}

// How near each of them is: 1 inside, else by the lowest city or province that contains both.
WITH leader, in_house, products, regions, places,
  head([place IN places WHERE place.id = $region | place.path]) AS around
WITH leader, in_house, products, places, around, [id IN around | {id: id, level: CASE
  WHEN id IN ['110000', '120000', '310000', '500000'] THEN 'city'
  ELSE coalesce(head([r IN regions WHERE r.id = id | r.level]), CASE
    WHEN NOT id =~ '[0-9]{6}' THEN 'other'
    WHEN id ENDS WITH '0000' THEN 'province'
    WHEN id ENDS WITH '00' THEN 'city'
    ELSE 'county'
  END)
END}] AS circles
WITH leader, in_house, products, around, [place IN places | {id: place.id, near: CASE
  WHEN $region IN place.path THEN 1.0
  ELSE coalesce(
    head([c IN circles WHERE c.id IN place.path AND c.level IN ['city', 'province']
      | CASE c.level WHEN 'city' THEN 0.5 ELSE 0.2 END]),
    0.0)
END}] AS places
WITH leader, in_house, products, around, [place IN places WHERE place.near > 0] AS places

// What it requires: the best walk of up to six hops against INPUT_OF, hop by hop.  The pattern
// -[:INPUT_OF*1..6]-> would say it in one line and follow every single path.
WITH leader, in_house, around, places, [p IN products | {s: p.t, c: p.importance}] AS hop0
CALL (hop0) {
  UNWIND hop0 AS r WITH r.s AS near, r.c AS c MATCH (s:Segment)-[i:INPUT_OF]->(near)
  WITH s, max(c * (0.875 * coalesce(i.weight, $usual[near.id], $overall))) AS c
  RETURN collect({s: s, c: c}) AS hop1
}
CALL (hop1) {
  UNWIND hop1 AS r WITH r.s AS near, r.c AS c MATCH (s:Segment)-[i:INPUT_OF]->(near)
  WITH s, max(c * (0.875 * coalesce(i.weight, $usual[near.id], $overall))) AS c
  RETURN collect({s: s, c: c}) AS hop2
}
CALL (hop2) {
  UNWIND hop2 AS r WITH r.s AS near, r.c AS c MATCH (s:Segment)-[i:INPUT_OF]->(near)
  WITH s, max(c * (0.875 * coalesce(i.weight, $usual[near.id], $overall))) AS c
  RETURN collect({s: s, c: c}) AS hop3
}
CALL (hop3) {
  UNWIND hop3 AS r WITH r.s AS near, r.c AS c MATCH (s:Segment)-[i:INPUT_OF]->(near)
  WITH s, max(c * (0.875 * coalesce(i.weight, $usual[near.id], $overall))) AS c
  RETURN collect({s: s, c: c}) AS hop4
}
CALL (hop4) {
  UNWIND hop4 AS r WITH r.s AS near, r.c AS c MATCH (s:Segment)-[i:INPUT_OF]->(near)
  WITH s, max(c * (0.875 * coalesce(i.weight, $usual[near.id], $overall))) AS c
  RETURN collect({s: s, c: c}) AS hop5
}
CALL (hop5) {
  UNWIND hop5 AS r WITH r.s AS near, r.c AS c MATCH (s:Segment)-[i:INPUT_OF]->(near)
  WITH s, max(c * (0.875 * coalesce(i.weight, $usual[near.id], $overall))) AS c
  RETURN collect({s: s, c: c}) AS hop6
}
UNWIND hop1 + hop2 + hop3 + hop4 + hop5 + hop6 AS reached
WITH leader, in_house, around, places, reached.s AS s, max(reached.c) AS criticality
WHERE NOT s IN in_house

// Who makes it, and how much of the need that is seen from the region: `near` belongs to where it is
// made, `home` to where the firm itself stands.
OPTIONAL MATCH (leader)-[needs:NEEDS]->(s)
WITH s, criticality, around, places, needs.need AS need
CALL (s, need, around, places) {
  CALL (s) {
    MATCH (firm:Enterprise)-[makes:PRODUCES]->(s)
    RETURN firm, firm.region AS region, makes, '' AS project
    UNION ALL
    MATCH (firm:Enterprise)<-[:PROPOSED_BY]-(p:Project {stage: 'operating'})-[makes:OFFERS]->(s)
    WHERE NOT (firm)-[:PRODUCES]->(s)
    RETURN firm, p.region AS region, makes, p.id AS project
  }
  WITH * WHERE NOT coalesce(firm.status, 'active') IN ['closed', 'moved']
  WITH firm, makes, project, around,
    coalesce(head([place IN places WHERE place.id = region | place.near]), 0.0) AS near,
    coalesce(head([place IN places WHERE place.id = firm.region | place.near]), 0.0) AS home,
    coalesce(makes.availability, 0.9) AS rho,
    {verified: 1.0, declared: 0.9, inferred: 0.5}[coalesce(makes.grade, 'declared')] AS factor,
    makes.capacity IS NOT NULL AND (need IS NOT NULL OR makes.capacity = 0) AS known,
    CASE
      WHEN makes.capacity = 0 THEN 0.0
      WHEN makes.capacity IS NULL OR need IS NULL
        THEN {large: 1.0, medium: 0.5, small: 0.25, micro: 0.125, unknown: 0.5}
          [coalesce(firm.size, 'unknown')]
      ELSE makes.capacity / need
    END AS share
  WITH *, CASE WHEN share > 1 THEN 1.0 ELSE share END * factor * near AS x
  ORDER BY x DESC, rho DESC, firm.id, project
  RETURN collect({
    firm: firm, project: project, near: near, home: home, known: known, share: share,
    factor: factor, rho: rho, x: x,
    perhaps_inside: firm.region IS NULL OR (firm.region <> $region AND firm.region IN around)
  }) AS makers
}

// Unknown: nobody in reach, and no timely survey of it, of one of its chains or of all.
WITH s, criticality, need, makers, around,
  [e IN makers WHERE e.x > 0 AND e.rho > 0
    | {maker: e.firm.id, x: e.x, rho: e.rho, n: toInteger(floor(64 * e.x)),
       f: 64 * e.x - floor(64 * e.x)}] AS suppliers,
  [e IN makers WHERE e.x > 0 AND e.rho > 0 AND e.near = 1] AS local
WITH *, size(suppliers) = 0 AND NOT EXISTS {
  MATCH (survey:Survey)
  WHERE survey.region IN around AND survey.as_of <= $as_of
    AND survey.as_of > toString(date($as_of) - duration({months: 24}))
    AND (survey.segment = s.id OR (survey.segment IS NULL AND (survey.chain IS NULL
      OR EXISTS { MATCH (s)-[:PART_OF]->(:Chain {id: survey.chain}) })))
} AS unknown

// The chance of every state of the need in 64 steps, short of all of it; then the expected rest.
WITH *,
  reduce(sum = 0.0, e IN local | sum + e.x) AS here,
  reduce(sum = 0.0, e IN tail(local) | sum + e.x) AS rest,
  reduce(sum = 0.0, e IN local | sum + e.share) AS shares,
  reduce(chances = [1.0] + [j IN range(1, 63) | 0.0], e IN suppliers
    | [j IN range(0, 63) | (1 - e.rho) * chances[j] + e.rho * (
        CASE WHEN j < e.n THEN 0.0 ELSE (1 - e.f) * chances[j - e.n] END
        + CASE WHEN j <= e.n THEN 0.0 ELSE e.f * chances[j - e.n - 1] END)]
  ) AS chances
WITH collect({
  segment: s, criticality: criticality, need: need, makers: makers, suppliers: suppliers,
  shortage: CASE WHEN NOT unknown
    THEN reduce(sum = 0.0, j IN range(0, 63) | sum + chances[j] * (64 - j) / 64)
  END,
  type: CASE
    WHEN unknown THEN 'unknown'
    WHEN size(suppliers) = 0 THEN 'missing'
    WHEN size(local) = 0 THEN 'nearby'
    WHEN here < 0.8 THEN 'weak'
    WHEN rest < 0.8 THEN 'single_sourced'
    WHEN all(e IN local WHERE e.known) AND shares >= 2 THEN 'crowded'
    ELSE 'covered'
  END
}) AS required
WITH required,
  reduce(sum = 0.0, r IN required | sum + coalesce(r.criticality * r.shortage, 0.0)) AS total
