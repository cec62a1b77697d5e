"""The facts of a release in the form of OpenDP's registry of deployments: unit, bound, model, parameters, code.

The registry takes YAML of a fixed form (its `deployments-schema.yaml`, as of July 2026), in which every text is
Markdown. The record is a draft: an organisation that enters it there adds what it knows of itself.
"""

import json
from collections.abc import Mapping
from typing import Final, TypeAlias

from app.protocol.periods import day_after, is_year
from app.protocol.release.about import About
from app.protocol.release.budget import KIND_CAP, LIFE_CAP, YEAR_CAP, in_words
from app.protocol.release.counts import NoisyCounts
from app.vocabulary import ReleaseKind

DEPLOYMENT: Final = "deployment.yaml"
_DELTA: Final = "1e-6"

Value: TypeAlias = "str | int | float | list[str] | Mapping[str, Value]"


def deployment(counts: NoisyCounts, about: About) -> bytes:
    """`deployment.yaml` of a release, all three tiers."""
    return ("\n".join(_lines(_record(counts, about))) + "\n").encode()


def _record(counts: NoisyCounts, about: About) -> Mapping[str, Value]:
    return {
        "url_slug": f"persons-{counts.period.lower()}-{counts.workload.id.lower()}",
        "status": "Draft",
        "tier": 3,
        "deployment": {
            "basic": _basic(counts, about),
            "dp_variant": {
                "variant_name": "Zero-concentrated DP",
                "data_domain": "All sets of statistics cards: closed codes of one incident each, with the random token "
                "of the person affected and the quarter of recording. Any person may have any number of cards.",
                "unprotected_quantities": "None. Exact are the code lists, the period and the parameters alone.",
            },
            "privacy_loss": _privacy_loss(about),
            "deployment_model": _model(),
            "accounting": {
                "post_processing": "Linear weighted least squares over the listed margins of one release, then grades "
                "by signal to noise and outward rounding. Nothing is suppressed, and no estimate is held above zero.",
                "composition": "The rho of the tables of a release add up, as do those of all releases that one person "
                "is counted in. A ledger refuses a second draw, and an account of each person what is above a life.",
            },
            "implementation": _implementation(counts, about),
            "administrative": {
                "sources": f"Release {about.release}, whose SHA256SUMS two people have signed: methodology.md, "
                "raw/noisy.csv, ledger.json. Contact: " + about.contact,
                "registry_authors": [about.organisation],
            },
        },
    }


def _basic(counts: NoisyCounts, about: About) -> Mapping[str, Value]:
    return {
        "name": f"Persons targeted by a state beyond its borders, recorded in {counts.period}",
        "data_curators": [about.organisation],
        "intended_use": "To know how many people tell of such acts, of which kinds, by which states and in which "
        "countries. Not how common the acts are.",
        "data_product_type": "Summary statistics",
        "data_product_region": "All countries: by the state that is named as behind it, and where people were reached",
        "description": f"{len(counts.tables)} tables of persons (workload {counts.workload.id}), each cell with noise, "
        "its interval and a grade.",
        "publication_date": f"{day_after(counts.period).year}-01-01",
    }


def _privacy_loss(about: About) -> Mapping[str, Value]:
    year, life = (
        f"rho {loss.rho / 1_000_000:g} (epsilon {in_words(loss.epsilon[_DELTA])} at delta {_DELTA})"
        for loss in (about.year, about.life)
    )
    return {
        "privacy_unit": "Person",
        "privacy_unit_details": "Two sets of cards are adjacent if one is the other with all cards of one token added "
        "or removed. One person has one token, in every case and every year; who has two in one release risks four "
        "times the rho.",
        "privacy_parameters": {
            "epsilon": about.this.epsilon[_DELTA],
            "delta": _DELTA,
            "rho": about.this.rho / 1_000_000,
        },
        "privacy_parameters_details": f"Of this release. All releases of its year so far: {year}; one person in a "
        f"life, at most: {life}.",
    }


def _model() -> Mapping[str, Value]:
    caps = {kind: f"{cap / 1_000_000:g}" for kind, cap in KIND_CAP.items()}
    return {
        "model_name": "Central",
        "model_name_details": "Cards are sealed to a key of supervisors; the service opens them in the memory of a "
        "draw alone, with keys that one supervisor lends, and keeps nothing but counts with noise.",
        "actors": "Whoever reads the releases may know everything but whether one given person is counted, may have "
        "planted reports, and reads every release. Whoever has the keys of statistics sees cards, as the people do who "
        "code cases. Two people ask and approve; nobody sees a number before it is drawn and charged.",
        "release_type": "Many releases",
        "release_type_details": f"Rho {caps[ReleaseKind.QUARTER]} a quarter, {caps[ReleaseKind.YEAR]} a yearly "
        f"release and {caps[ReleaseKind.RESERVE]} a year in reserve, together {YEAR_CAP / 1_000_000:g} a year; "
        f"{LIFE_CAP / 1_000_000:g} for one person in a life, which never starts anew.",
        "data_source_type": "Dynamic",
        "access_type": "Non-interactive",
    }


def _implementation(counts: NoisyCounts, about: About) -> Mapping[str, Value]:
    bounds = ", ".join(
        f"{table.name} {table.m} (sigma {noisy.sigma / 1000:g})"
        for table, noisy in zip(counts.workload.tables, counts.tables, strict=True)
    )
    versions = ", ".join(f"{name} {version}" for name, version in about.versions.items())
    period = "years" if is_year(counts.period) else "quarters"
    return {
        "preprocessing_and_hyperparameter_tuning": "Tables, code lists, bounds and weights are fixed before any count, "
        f"and chosen for {period} by published totals alone; no privacy is lost by it. Of a person's cards at most m "
        "cells of a table count, chosen by hashes.",
        "mechanisms": "Discrete Gaussian noise on every cell, by OpenDP's `make_gaussian` over integers, which samples "
        "exactly and takes its bits from a cryptographic generator. Nobody can query it, and no refusal follows from "
        "a count. Cells of a table that one person is in at most: "
        f"{bounds}. Made with {versions}; the code is free, and `tern release verify` makes each file again.",
        "justification": "The adversary is the state that did the harm, for whom it is enough to learn that one given "
        "person reported. Suppression and cell keys were tried by the same attacks and failed; the attacks are tests.",
    }


def _lines(record: Mapping[str, Value], depth: int = 0) -> list[str]:
    """YAML, in which texts are written as JSON has them."""
    lines, before = list[str](), "  " * depth
    for name, value in record.items():
        if isinstance(value, Mapping):
            lines += [f"{before}{name}:", *_lines(value, depth + 1)]
        elif isinstance(value, list):
            lines += [f"{before}{name}:", *(f"{before}  - {_text(each)}" for each in value)]
        else:
            lines.append(f"{before}{name}: {_text(value)}")
    return lines


def _text(value: float | str) -> str:
    return json.dumps(value, ensure_ascii=False)
