"""The sample zone: public facts about Qingdao and invented 示例 entities, as tables."""
