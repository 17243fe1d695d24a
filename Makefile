.PHONY: build demo test lint format bench simulate fuzz soak docs

build:
	bash scripts/install-deps.sh --build-only
	swift build

# Sign-ups, and transfers between two databases, while steps fail and processes are killed.
demo:
	bash scripts/install-deps.sh --build-only
	swift build --product reprise
	.build/debug/reprise demo $(ARGS)

# Installs what is missing, checks the format, builds, runs every test.
test:
	bash scripts/test.sh

# The documentation as a site, in .build/docs/site.
docs:
	bash scripts/docs.sh

lint:
	swift format lint --strict --recursive Package.swift Sources Tests Examples/Package.swift Examples/Sources

format:
	swift format --in-place --recursive Package.swift Sources Tests Examples/Package.swift Examples/Sources

bench:
	bash scripts/bench.sh $(ARGS)

# Seeded schedules: make simulate ARGS="--schedules 1000000", or --seed N to replay one.
simulate:
	bash scripts/install-deps.sh --build-only
	swift run -c release reprise-simulate $(ARGS)

# What comes from outside, as libFuzzer makes it up: make fuzz ARGS="--seconds 600 events".
fuzz:
	bash scripts/fuzz.sh $(ARGS)

# An hour of steady load while processes are killed and the broker is frozen; make soak ARGS="--seconds 75"
# is the short form, in under two minutes.
soak:
	bash scripts/install-deps.sh $(if $(REPRISE_TEST_BROKERS),--build-only)
	swift build --product reprise
	bash scripts/soak.sh $(ARGS)
