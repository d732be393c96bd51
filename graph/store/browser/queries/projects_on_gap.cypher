// 拟生产某环节的项目:阶段、申报单位、园区、产能;离投产近的在前
// Projects that offer a segment: stage, applicant, park and capacity; those nearest to operating first
WITH ['operating', 'building', 'signed', 'under_review', 'in_talks', 'lead', 'lost'] AS stages,
     ['投产', '在建', '已签约', '待评审', '在谈', '线索', '流失'] AS words
MATCH (project:Project)-[offer:OFFERS]->(segment:Segment {id: $segment})
OPTIONAL MATCH (project)-[:PROPOSED_BY]->(applicant:Enterprise)
OPTIONAL MATCH (project)-[:APPLIES_TO]->(park:Park)
WITH project, offer, segment, applicant, park, words,
     head([i IN range(0, size(stages) - 1) WHERE stages[i] = project.stage]) AS place
RETURN project.id AS `编号 id`,
       project.name AS `项目 project`,
       words[place] AS `阶段 stage`,
       // 申报单位不在企业表时只是文字 / an applicant outside the enterprises is plain text
       coalesce(applicant.name, project.applicant) AS `申报单位 applicant`,
       park.name AS `园区 park`,
       offer.capacity AS `产能 capacity`,
       segment.unit AS `单位 unit`
ORDER BY coalesce(place, size(words)), project.id
