# What one does with Pismo. Each target installs what it misses; see .ci/ for how.

.PHONY: help demo test build image dev bench proof corpus audit clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

demo: ## a mail server with two seeded mailboxes, and Pismo on http://127.0.0.1:3000
	@.ci/install.sh mail
	@.ci/build.sh
	@exec node end2end/demo.mjs

test: ## every test; .ci/run calls this and nothing else
	@.ci/test.sh

build: ## the release: target/dist/pismo, one executable
	@.ci/build.sh

image: ## an OCI image with only that executable in it
	@.ci/image.sh

dev: ## watch, rebuild, reload
	@.ci/dev.sh

bench: ## the project's benchmarks; prints a table
	@.ci/install.sh mail browser
	@.ci/build.sh
	@node end2end/bench/run.mjs $(if $(ONLY),--only "$(ONLY)")

proof: ## the long runs for a release; one of them: make proof PART=…
	@.ci/proof.sh $(PART)

corpus: ## opens hostile messages in Chromium and Firefox: make corpus DIR=… BROWSER=… for payloads (.txt, a line each; any file) and messages (.eml)
	@DIR="$(abspath $(DIR))" BROWSER="$(BROWSER)" .ci/corpus.sh

audit: ## known faults, licences and sources of the crates in Pismo
	@.ci/audit.sh

clean: ## removes what was built here; the cache folder stays
	rm -rf target end2end/test-results end2end/playwright-report
