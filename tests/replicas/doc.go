// Package replicas tests several processes of the service on one PostgreSQL database: that
// what ends on one has ended on all, and what is lost when one of them, or the database, is
// killed under load.
//
// A replica is this test program, which serves where PCA_TEST_REPLICA is set. Without
// PostgreSQL on this machine everything is skipped. The long run is one of the steps of
// .ci/nightly. Read fleet_test.go, then the tests.
package replicas
