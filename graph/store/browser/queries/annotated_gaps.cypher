// lianzhu graph annotate 写在环节上的结果:类型、强度、标志、问的是谁、还是不是现状;最强的在前
// What lianzhu graph annotate wrote on segments: type, severity, flags, who was asked, still current or not; strongest first
//
// 只有标注过才有结果;名称以 _ 开头的属性不是数据,重新标注会覆盖,强度未知就没有这个属性。
// Empty until annotated; properties that begin with _ are no data, and annotating again replaces them.
OPTIONAL MATCH (published:_Revision)
WITH max(published.revision) AS now
MATCH (segment:Segment)
WHERE segment._gap_type IS NOT NULL
OPTIONAL MATCH (leader:Enterprise {id: segment._leader})
OPTIONAL MATCH (chain:Chain {id: segment._leader})
RETURN CASE segment._gap_type
         WHEN 'missing' THEN '× 缺链'
         WHEN 'nearby' THEN '◇ 邻近可供'
         WHEN 'weak' THEN '△ 弱链'
         WHEN 'single_sourced' THEN '◎ 单点'
         WHEN 'crowded' THEN '■ 过密'
         WHEN 'covered' THEN '● 覆盖'
         WHEN 'unknown' THEN '? 未知'
         ELSE segment._gap_type
       END AS `类型 type`,
       segment.name AS `环节 segment`,
       segment._severity AS `强度 severity`,
       [flag IN segment._flags | CASE flag
         WHEN 'broken' THEN '断链'
         WHEN 'leakage' THEN '外采'
         WHEN 'extension' THEN '延链'
         WHEN 'stale' THEN '陈旧'
         ELSE flag
       END] AS `标志 flags`,
       coalesce(leader.name, chain.name, segment._leader) AS `链主或产业链 asked`,
       segment._question AS `问题 question`,
       toInteger(segment._revision) AS `版本 revision`,
       segment._revision = now AS `仍是现状 current`
ORDER BY coalesce(segment._severity, -1.0) DESC, segment.id
