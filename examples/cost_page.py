"""A page of what a job costs at each provider: python examples/cost_page.py > costs.html."""

from html import escape

from modeldex import Cost, ModelQuery, ModelWithCapabilities, Workload
from modeldex.sync import ModelRegistry

JOB = Workload("20k", "1k", cached_fraction=0.8, requests=10_000)
QUERY = ModelQuery(requires_tools=True, quality_tier="best", provider_class="lab", available=False)


def row(cost: Cost[ModelWithCapabilities]) -> str:
    """One model: what the job costs, and what is not certain about that."""
    usd = "unknown" if cost.usd is None else f"${cost.usd:,.2f}"
    doubts = [*cost.notes, *(text for charge in cost.breakdown for text in charge.assumed)]
    cells = (cost.model.id, usd, "; ".join(doubts))
    return f"<tr>{''.join(f'<td>{escape(each)}</td>' for each in cells)}</tr>"


def main() -> None:
    """Print the page, the cheapest model first, those of unknown cost last."""
    with ModelRegistry() as registry:
        costs = registry.costs(QUERY, JOB)
    costs.sort(key=lambda cost: (cost.usd is None, cost.usd or 0.0))
    print("<!doctype html><meta charset=utf-8><title>Costs</title>")
    print(f"<h1>{JOB.requests:,} requests</h1>")
    print("<table><tr><th>model<th>cost<th>remarks</tr>")
    print("\n".join(map(row, costs)))
    print("</table>")


if __name__ == "__main__":
    main()
