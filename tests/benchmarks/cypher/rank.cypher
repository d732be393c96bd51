// Follows required.cypher: every candidate by the share of the severity it would take away if it
// stood in the region.  `leaves` names whom of the present suppliers it takes the place of.
CALL (required) {
  // Projects with an offer; one that relocates leaves what its applicant supplies today.
  MATCH (project:Project)
  WHERE NOT coalesce(project.stage, '') IN ['operating', 'lost'] AND (project)-[:OFFERS]->()
  OPTIONAL MATCH (project)-[:PROPOSED_BY]->(applicant:Enterprise)
  CALL (project, applicant, required) {
    MATCH (project)-[offer:OFFERS]->(s:Segment)
    UNWIND range(0, size(required) - 1) AS i
    WITH project, applicant, offer, i, required[i].need AS need WHERE required[i].segment = s
    RETURN collect({i: i, rho: coalesce(offer.availability, 0.9),
      leaves: CASE WHEN project.relocates THEN applicant.id END,
      x: CASE
        WHEN offer.capacity = 0 THEN 0.0
        WHEN offer.capacity IS NULL OR need IS NULL
          THEN {large: 1.0, medium: 0.5, small: 0.25, micro: 0.125, unknown: 0.5}
            [coalesce(applicant.size, 'unknown')]
        WHEN offer.capacity > need THEN 1.0
        ELSE offer.capacity / need
      END * {verified: 1.0, declared: 0.9, inferred: 0.5}[coalesce(offer.grade, 'declared')]
    }) AS offers
  }
  RETURN 'project' AS kind, project.id AS id, offers

  UNION ALL

  // Enterprises from outside, except for what a project of their own offers.
  UNWIND range(0, size(required) - 1) AS i
  UNWIND required[i].makers AS m
  WITH i, m, m.firm AS firm, required[i].segment AS s
  WHERE m.home < 1 AND NOT m.perhaps_inside AND NOT EXISTS {
    MATCH (firm)<-[:PROPOSED_BY]-(own:Project)-[:OFFERS]->(s)
    WHERE NOT coalesce(own.stage, '') IN ['operating', 'lost']
  }
  WITH i, m, firm ORDER BY m.project
  WITH i, firm, last(collect(m)) AS m
  RETURN 'enterprise' AS kind, firm.id AS id, collect({i: i, rho: m.rho, leaves: firm.id,
    x: CASE WHEN m.share > 1 THEN 1.0 ELSE m.share END * m.factor}) AS offers

  UNION ALL

  // Local makers that double what is weak or single-sourced, with the same exception.
  UNWIND range(0, size(required) - 1) AS i
  UNWIND required[i].makers AS m
  WITH i, m, m.firm AS firm, required[i].segment AS s
  WHERE m.near = 1 AND required[i].type IN ['weak', 'single_sourced'] AND NOT EXISTS {
    MATCH (firm)<-[:PROPOSED_BY]-(own:Project)-[:OFFERS]->(s)
    WHERE NOT coalesce(own.stage, '') IN ['operating', 'lost']
  }
  WITH i, firm, last(collect(m)) AS m
  RETURN 'expansion' AS kind, firm.id AS id, collect({i: i, rho: m.rho, leaves: firm.id,
    x: CASE WHEN m.share > 0.5 THEN 1.0 ELSE 2 * m.share END * m.factor}) AS offers
}

// The shortage of each segment with the candidate among its suppliers, in their order.
CALL (required, offers) {
  UNWIND offers AS own
  WITH own, required[own.i] AS r WHERE required[own.i].type <> 'unknown'
  WITH own, r, [e IN r.suppliers WHERE own.leaves IS NULL OR e.maker <> own.leaves] AS stay
  WITH r, [e IN stay WHERE e.x > own.x OR (e.x = own.x AND e.rho >= own.rho)]
    + CASE WHEN own.x > 0 AND own.rho > 0 THEN [{x: own.x, rho: own.rho,
        n: toInteger(floor(64 * own.x)), f: 64 * own.x - floor(64 * own.x)}] ELSE [] END
    + [e IN stay WHERE NOT (e.x > own.x OR (e.x = own.x AND e.rho >= own.rho))] AS suppliers
  WITH r, reduce(chances = [1.0] + [j IN range(1, 63) | 0.0], e IN suppliers
    | [j IN range(0, 63) | (1 - e.rho) * chances[j] + e.rho * (
        CASE WHEN j < e.n THEN 0.0 ELSE (1 - e.f) * chances[j - e.n] END
        + CASE WHEN j <= e.n THEN 0.0 ELSE e.f * chances[j - e.n - 1] END)]
  ) AS chances
  WITH r.criticality * (r.shortage
    - reduce(sum = 0.0, j IN range(0, 63) | sum + chances[j] * (64 - j) / 64)) AS gain
  RETURN sum(CASE WHEN gain > 0 THEN gain ELSE 0.0 END) AS gain
}
RETURN kind, id, CASE WHEN total > 0 THEN gain / total ELSE 0.0 END AS fill
ORDER BY fill DESC, id, kind
