package telemetry

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the numbers that this service publishes. Labels hold only templates,
// codes and our own names: never an id, a path or a person.
type Metrics struct {
	registry *prometheus.Registry

	requests                 *prometheus.HistogramVec
	upstream                 *prometheus.HistogramVec
	cache                    *prometheus.CounterVec
	signIns                  *prometheus.CounterVec
	unread                   *prometheus.CounterVec
	unknown                  *prometheus.CounterVec
	notAsSent                *prometheus.CounterVec
	steps                    prometheus.Counter
	history                  prometheus.Counter
	foreign                  prometheus.Counter
	contradictions, withheld prometheus.Counter
	auditFail                prometheus.Counter
	unsigned, operators      prometheus.Counter
	panics                   *prometheus.CounterVec
	redis                    *prometheus.HistogramVec
	redisLost                prometheus.Gauge
	shared                   *prometheus.CounterVec
}

// NewMetrics makes a registry of its own, with Go's and the process's numbers.
func NewMetrics() *Metrics {
	// Bounds around NFR-01 (1 s at P95) and NFR-02 (10 s at the latest).
	buckets := []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .4, .5, 1, 2.5, 5, 10}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "pca_http_request_duration_seconds", Help: "Requests answered, by route template, method and status.", Buckets: buckets,
		}, []string{"route", "method", "status"}),
		upstream: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "pca_upstream_request_duration_seconds", Help: "Requests sent to others, by operation and status; status 0 is no answer.", Buckets: buckets,
		}, []string{"operation", "status"}),
		cache: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pca_cache_requests_total", Help: "Values requested from a cache, by outcome.",
		}, []string{"cache", "outcome"}),
		signIns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pca_sign_ins_total", Help: "Sign-ins that ended, by outcome (success or problem code).",
		}, []string{"outcome"}),
		unread: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pca_unreadable_items_total", Help: "Items from a source that could not be shown, by reason.",
		}, []string{"source", "reason"}),
		unknown: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pca_unknown_codes_total", Help: "Codes that are in no value set, by the kind of code.",
		}, []string{"kind"}),
		notAsSent: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pca_referrals_not_as_sent_total",
			Help: "Referrals that were not shown as sources sent them, by reason: softened (disclosure policy), contradiction (state and appointment do not fit), duplicate (one of several copies).",
		}, []string{"reason"}),
		steps: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "pca_impossible_steps_total", Help: "Referrals seen to change from one state to another that cannot follow it.",
		}),
		history: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "pca_history_failures_total", Help: "Histories that could not be read or removed; the citizen got the timeline all the same.",
		}),
		foreign: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "pca_foreign_subject_total", Help: "ALARM. Answers refused because they held another person's data.",
		}),
		withheld: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "pca_nhs_numbers_withheld_total", Help: "ALARM. Answers that were not sent because they held the citizen's NHS number.",
		}),
		contradictions: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "pca_contradictions_total", Help: "ALARM. Requests refused because stored rows contradict each other or the ID token: somebody changed the database, or a part of it was restored.",
		}),
		auditFail: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "pca_audit_failures_total", Help: "ALARM. Answers withheld because the audit log could not be written.",
		}),
	}
	m.unsigned = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "pca_audit_checkpoint_failures_total", Help: "ALARM. Checkpoints of the audit log that could not be signed or published.",
	})
	m.operators = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "pca_operator_acts_total", Help: "ALARM. Acts at the command line while the service runs: for emergencies, by somebody whom nobody has proved. The log has each of them.",
	})
	m.panics = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "pca_panics_total", Help: "Panics that were contained and cost one request or one act, by place. Each is a fault in the program; the log has its stack.",
	}, []string{"place"})
	m.redis = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "pca_redis_command_duration_seconds", Help: "Commands to Redis, by outcome: answered, failed, not-asked (it failed just now).", Buckets: buckets,
	}, []string{"command", "outcome"})
	m.redisLost = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "pca_redis_lost", Help: "1 while Redis does not answer: replicas then share nothing, and each asks e-RS by itself.",
	})
	m.shared = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "pca_shared_cache_events_total",
		Help: "What happened in caches that replicas share: unreadable (bytes that could not be opened), local (Redis was not reached), waited (a look while another replica was loading), overtaken (what was loaded is not kept, because another replica was later).",
	}, []string{"cache", "event"})
	m.registry.MustRegister(m.redis, m.redisLost, m.shared, m.panics, m.requests, m.upstream, m.cache, m.signIns, m.unread, m.unknown, m.notAsSent, m.steps, m.history, m.foreign, m.contradictions, m.withheld, m.auditFail, m.unsigned, m.operators,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler serves the Prometheus exposition format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Request counts one answered request.
func (m *Metrics) Request(route, method string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Observe(took.Seconds())
}

// Upstream counts one request to another system.
func (m *Metrics) Upstream(operation string, status int, took time.Duration) {
	m.upstream.WithLabelValues(operation, strconv.Itoa(status)).Observe(took.Seconds())
}

// Cache counts one value requested from a cache.
func (m *Metrics) Cache(cache, outcome string) { m.cache.WithLabelValues(cache, outcome).Inc() }

// Redis counts one command to Redis.
func (m *Metrics) Redis(command, outcome string, took time.Duration) {
	m.redis.WithLabelValues(command, outcome).Observe(took.Seconds())
}

// RedisLost says whether Redis answers.
func (m *Metrics) RedisLost(lost bool) {
	if lost {
		m.redisLost.Set(1)
		return
	}
	m.redisLost.Set(0)
}

// SharedCache counts an event in a cache that replicas share.
func (m *Metrics) SharedCache(cache, event string) { m.shared.WithLabelValues(cache, event).Inc() }

// SignIn counts one sign-in that ended.
func (m *Metrics) SignIn(outcome string) { m.signIns.WithLabelValues(outcome).Inc() }

// Unreadable counts items that could not be shown.
func (m *Metrics) Unreadable(source, reason string, n int) {
	m.unread.WithLabelValues(source, reason).Add(float64(n))
}

// UnknownCode counts codes that are in no value set.
func (m *Metrics) UnknownCode(kind string, n int) {
	m.unknown.WithLabelValues(kind).Add(float64(n))
}

// NotAsSent counts referrals that were not shown as sources sent them.
func (m *Metrics) NotAsSent(reason string, n int) {
	m.notAsSent.WithLabelValues(reason).Add(float64(n))
}

// ImpossibleSteps counts steps between states that cannot follow each other.
func (m *Metrics) ImpossibleSteps(n int) { m.steps.Add(float64(n)) }

// HistoryFailed counts a history that could not be read or removed.
func (m *Metrics) HistoryFailed() { m.history.Inc() }

// ForeignSubject raises the alarm for another person's data.
func (m *Metrics) ForeignSubject() { m.foreign.Inc() }

// Contradiction raises the alarm for stored rows that do not agree.
func (m *Metrics) Contradiction() { m.contradictions.Inc() }

// NumberWithheld raises the alarm for an answer that held an NHS number.
func (m *Metrics) NumberWithheld() { m.withheld.Inc() }

// AuditFailed raises the alarm for a log that cannot be written.
func (m *Metrics) AuditFailed() { m.auditFail.Inc() }

// CheckpointFailed raises the alarm for a checkpoint that was not published: the
// sink cannot be reached, or the log is not the one that was signed before.
func (m *Metrics) CheckpointFailed() { m.unsigned.Inc() }

// OperatorActed raises the alarm for an act at the command line.
func (m *Metrics) OperatorActed() { m.operators.Inc() }

// Panicked counts a panic that was contained.
func (m *Metrics) Panicked(place string) { m.panics.WithLabelValues(place).Inc() }
