// lianzhu graph annotate 写在项目和企业上的结果:名次、得分、补链贡献、还是不是现状
// What lianzhu graph annotate wrote on projects and enterprises: rank, score, fill, still current or not
OPTIONAL MATCH (published:_Revision)
WITH max(published.revision) AS now
MATCH (candidate:Project|Enterprise)
WHERE candidate._rank IS NOT NULL
RETURN toInteger(candidate._rank) AS `名次 rank`,
       candidate.id AS `编号 id`,
       candidate.name AS `候选 candidate`,
       CASE candidate._kind
         WHEN 'project' THEN '项目'
         WHEN 'enterprise' THEN '区外企业'
         WHEN 'expansion' THEN '本区扩产'
         ELSE candidate._kind
       END AS `类别 kind`,
       candidate._score AS `得分 score`,
       candidate._fill AS `补链贡献 fill`,
       candidate._revision = now AS `仍是现状 current`
ORDER BY candidate._rank
