# `make test` looks into tests/ and exits 0 if it finds nothing; ours are elsewhere.
TESTS = $(top_srcdir)/php_tests
PHP_TEST_SHARED_EXTENSIONS += $(SITELOCK_TEST_EXTENSIONS)
export NO_INTERACTION = 1
export REPORT_EXIT_STATUS = 1
