// Follows required.cypher: every required segment with type and severity, worst first.  The gap list
// is what is missing, nearby, weak or single-sourced.
UNWIND required AS r
RETURN r.segment.id AS segment, r.type AS type, r.criticality AS criticality,
  r.shortage AS shortage, r.criticality * r.shortage AS severity, total
ORDER BY severity IS NULL, severity DESC, segment
