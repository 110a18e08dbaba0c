"""Links one table with Splink, as its own guides set it up; bench/src/linkBeside.ts runs it beside ours.

python linkWithSplink.py FILE --id COLUMN --out FILE

Of the columns that the table has, by name, each is compared by what Splink offers for its kind. Training is the
economical one: u by random sampling, m by expectation maximisation in two blocks. The last line of standard output is
JSON: CPU seconds of this process, seconds, and the most memory in MB. `--out` gets id and cluster of each record.
"""

import argparse
import json
import resource
import time

import duckdb
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

THRESHOLD = 0.95

COMPARISONS = {
    "first_name": lambda column: cl.NameComparison(column),
    "surname": lambda column: cl.NameComparison(column),
    "dob": lambda column: cl.DateOfBirthComparison(column, input_is_string=True),
    "street": lambda column: cl.JaroWinklerAtThresholds(column, [0.9]),
    "city": lambda column: cl.ExactMatch(column).configure(term_frequency_adjustments=True),
    "postcode": lambda column: cl.LevenshteinAtThresholds(column, [1, 2]),
    "postcode_fake": lambda column: cl.PostcodeComparison(column),
    "birth_place": lambda column: cl.ExactMatch(column).configure(term_frequency_adjustments=True),
    "occupation": lambda column: cl.ExactMatch(column).configure(term_frequency_adjustments=True),
    "email": lambda column: cl.EmailComparison(column),
    "phone": lambda column: cl.LevenshteinAtThresholds(column, [1, 2]),
}

BLOCKS = [
    ("first_name", "surname"),
    ("surname", "dob"),
    ("first_name", "dob"),
    ("postcode", "dob"),
    ("postcode_fake", "dob"),
    ("postcode_fake", "first_name"),
    ("email",),
    ("phone",),
]
SURE = [("email", "surname"), ("phone", "surname"), ("first_name", "surname", "dob")]
TRAINING = [("dob",), ("first_name", "surname")]


def rules_of(sets, columns):
    return [block_on(*each) for each in sets if all(column in columns for column in each)]


def link(file, record_id, out):
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE records AS SELECT * FROM read_csv(?, all_varchar = true)", [file])
    columns = [row[0] for row in connection.execute("DESCRIBE records").fetchall()]
    api = DuckDBAPI(connection)
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name=record_id,
        comparisons=[make(column) for column, make in COMPARISONS.items() if column in columns],
        blocking_rules_to_generate_predictions=rules_of(BLOCKS, columns),
    )
    linker = Linker(api.register("records"), settings, log_level=None)
    linker.training.estimate_probability_two_random_records_match(rules_of(SURE, columns), recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in rules_of(TRAINING, columns):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    pairs = linker.inference.predict(threshold_match_probability=0.5)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, THRESHOLD)
    connection.execute(
        f"COPY (SELECT {record_id}, cluster_id FROM {clusters.physical_name}) TO '{out}' (HEADER true)"
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--id", required=True)
    parser.add_argument("--out", required=True)
    given = parser.parse_args()
    started = time.monotonic()
    link(given.file, given.id, given.out)
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures = {
        "cpuSeconds": used.ru_utime + used.ru_stime,
        "seconds": time.monotonic() - started,
        "mostMemoryMb": round(used.ru_maxrss / 1024),
    }
    print(json.dumps(figures))


main()
