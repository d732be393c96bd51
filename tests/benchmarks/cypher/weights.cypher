// What is taken for an input without a weight: the median of the known weights into the same
// output, else of all.  The caller makes a map $usual of it, since Cypher makes none with keys of
// its own; the row without an output is $overall.
MATCH (:Segment)-[known:INPUT_OF]->(output:Segment) WHERE known.weight IS NOT NULL
RETURN output.id AS output, percentileCont(known.weight, 0.5) AS weight
UNION ALL
MATCH (:Segment)-[known:INPUT_OF]->(:Segment)
WITH coalesce(percentileCont(known.weight, 0.5), 0.5) AS weight
RETURN null AS output, weight
