"""Everything that is run for one set and one hidden size."""
from knobs.cases import SLOW
from knobs.grid import FULL, QUICK, SMALL, chosen, named
from knobs.runs import fit_sklearn, train

PRIOR = 3  # the penalty 3/n on the mean loss: weights of inputs of mean square 1 are normal of variance 1/3 beforehand


def grid_of(case, quick):
    return QUICK if quick else SMALL if case.name in SLOW else FULL


def run_poise(pool, arguments, case, hidden):
    """Defaults, the grid, and the defaults on multiplied features: lists of runs."""
    extra = ("--epochs", arguments.epochs) if arguments.epochs else ()
    common = dict(tool=arguments.poise, case=case, hidden=hidden, extra=extra)
    tags = dict(set=case.name, session=arguments.started)
    seeds = range(1, arguments.seeds + 1)

    def defaults(factor, kind="defaults", **settings):
        return pool.results(train, [common | settings | dict(seed=seed, factor=factor) for seed in seeds], kind=kind, **tags)

    points = grid_of(case, arguments.quick)
    grid = pool.results(train, [common | dict(seed=1, settings=point) for point in points], kind="grid", **tags)
    best = chosen(points, grid)
    again = pool.results(train, [common | dict(seed=seed, settings=best) for seed in seeds[1:]], kind="chosen", **tags)
    return dict(scaled={factor: defaults(factor) for factor in case.factors}, grid=grid, best=named(best),
                chosen=[grid[points.index(best)], *again], plain=defaults(1, "plain", validation=None),
                penalty=defaults(1, "penalty", validation=None, settings=("--l2", PRIOR / case.train_rows())))


def run_sklearn(pool, arguments, case, hidden):
    seeds = range(1, arguments.seeds + 1)
    return {name: pool.results(fit_sklearn, [dict(case=case, hidden=hidden, seed=seed, standardized=standardized)
                                             for seed in seeds], kind="sklearn", set=case.name, session=arguments.started)
            for name, standardized in (("standardized", True), ("as given", False))}


def experiment(pool, arguments, case, hidden):
    found = dict(set=case.name, hidden=hidden, test_rows=case.test_rows())
    if not arguments.without_poise:
        found |= run_poise(pool, arguments, case, hidden)
    return found | dict(sklearn={} if arguments.without_sklearn else run_sklearn(pool, arguments, case, hidden))
