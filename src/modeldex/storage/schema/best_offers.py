"""The view of what the environment of the last refresh can call, best first: a question's defaults.

It is the rule of `modeldex.query.callable`, over table `configured` in place of an environment.
"""

from modeldex.storage.schema.columns import NOW, SHOWN, columns
from modeldex.vocabulary.criteria import BY_CRITERION

_TODAY = f"(SELECT substr({NOW}, 1, 10))"
_LISTED = """EXISTS (SELECT 1 FROM listed d
      WHERE d.listing_id = w.listing_id AND d.model_id = c.model_id AND d.until IS NULL)"""
_ALONE = """NOT EXISTS (SELECT 1 FROM configured o
      WHERE o.how IN ('listed', 'partial', 'presumed'))"""
_FIRST_WORD = "substr(c.name, 1, instr(c.name, '.'))"
_NEAR = f"""(w.elsewhere IS NULL
      OR instr(',' || w.elsewhere || ',', ',' || {_FIRST_WORD} || ',') = 0)"""
_CALLABLE = f"""CASE WHEN c.own = 1 THEN 'own'
    ELSE (SELECT CASE WHEN {_LISTED} THEN 'listed' ELSE 'presumed' END
      FROM configured w WHERE w.provider = c.provider) END"""
_SOME_LISTED = """EXISTS (SELECT 1 FROM configured o
      WHERE o.how IN ('listed', 'partial'))"""

BEST_OFFERS = f"""SELECT c.model_id, c.provider, c.name, c.usable_context, c.blended_cost,
  {_CALLABLE} AS callable,
  {columns("c.")}
FROM catalog c
WHERE {SHOWN}
  AND {BY_CRITERION["include_deprecated"].sql.replace(":today", _TODAY)}
  AND (c.own = 1 OR EXISTS (SELECT 1 FROM configured w WHERE w.provider = c.provider
    AND ((w.how IN ('listed', 'partial') AND {_LISTED})
      OR ((w.how IN ('presumed', 'partial') OR (w.how = 'account' AND {_ALONE})) AND {_NEAR}))))
ORDER BY c.rank_tier, c.rank_band, {_SOME_LISTED} AND {_CALLABLE} = 'presumed',
  c.rank_price, c.rank_class, c.rank_context, c.rank_release DESC, c.provider, c.name"""
"""SELECT of the offers that a question without criteria gives, in its order."""
