package dev.zerohop;

import dev.zerohop.internal.FaultCount;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** All tracers of one client. Each is kept apart from the calls and from the others: what it throws is logged, the first time and then at each power of two. */
final class GuardedTracer implements CallTracer {
    private static final Log LOG = Log.of(GuardedTracer.class);

    private final CallTracer[] tracers;
    private final FaultCount failures = new FaultCount();

    private GuardedTracer(Set<CallTracer> tracers) {
        this.tracers = tracers.toArray(new CallTracer[0]);
    }

    /** All of them, each once; null if there is none. */
    static @Nullable CallTracer of(List<CallTracer> own, List<CallTracer> ofProcess) {
        Set<CallTracer> all = new LinkedHashSet<>(own);
        all.addAll(ofProcess);
        return all.isEmpty() ? null : new GuardedTracer(all);
    }

    @Override
    public @Nullable CallTrace start(String adapter, String method, String host, int port) {
        List<CallTrace> interested = null;
        for (CallTracer tracer : tracers) {
            CallTrace trace = null;
            try {
                trace = tracer.start(adapter, method, host, port);
            } catch (Throwable thrown) {
                failed(tracer, thrown);
            }
            if (trace != null) {
                interested = interested == null ? new ArrayList<>(1) : interested;
                interested.add(trace);
            }
        }
        return interested == null ? null : new Call(interested);
    }

    private void failed(Object part, Throwable thrown) {
        long count = failures.next();
        if (count != 0) {
            LOG.warn("tracer {} threw ({} times so far); the calls go on", part, count, thrown);
        }
    }

    private <T> void each(List<T> parts, Consumer<T> report) {
        for (T part : parts) {
            try {
                report.accept(part);
            } catch (Throwable thrown) {
                failed(part, thrown);
            }
        }
    }

    private final class Call implements CallTrace {
        private final List<CallTrace> traces;

        Call(List<CallTrace> traces) {
            this.traces = traces;
        }

        @Override
        public void entered() {
            each(traces, CallTrace::entered);
        }

        @Override
        public void waited(String service, long nanos) {
            each(traces, trace -> trace.waited(service, nanos));
        }

        @Override
        public void refused(String service, Refusal.Kind kind) {
            each(traces, trace -> trace.refused(service, kind));
        }

        @Override
        public void retryDecided(String service, Endpoint failed, Outcome outcome, RetryDecision decision) {
            each(traces, trace -> trace.retryDecided(service, failed, outcome, decision));
        }

        @Override
        public void hedgeDecided(String service, RetryDecision decision) {
            each(traces, trace -> trace.hedgeDecided(service, decision));
        }

        @Override
        public boolean wantsKeyHash() {
            boolean[] wanted = {false};
            each(traces, trace -> wanted[0] |= trace.wantsKeyHash());
            return wanted[0];
        }

        @Override
        public @Nullable AttemptTrace attempt(AttemptTrace.Start start) {
            List<AttemptTrace> attempts = new ArrayList<>(traces.size());
            each(traces, trace -> {
                AttemptTrace attempt = trace.attempt(start);
                if (attempt != null) {
                    attempts.add(attempt);
                }
            });
            return attempts.isEmpty() ? null : new Attempt(attempts);
        }
    }

    private final class Attempt implements AttemptTrace {
        private final List<AttemptTrace> attempts;

        Attempt(List<AttemptTrace> attempts) {
            this.attempts = attempts;
        }

        @Override
        public void headers(BiConsumer<String, String> set) {
            each(attempts, attempt -> attempt.headers(set));
        }

        @Override
        public void entered() {
            each(attempts, AttemptTrace::entered);
        }

        @Override
        public void connected(@Nullable SocketAddress peer) {
            each(attempts, attempt -> attempt.connected(peer));
        }

        @Override
        public void answered(Outcome outcome, String status) {
            each(attempts, attempt -> attempt.answered(outcome, status));
        }

        @Override
        public void ended(Outcome outcome, @Nullable String status) {
            each(attempts, attempt -> attempt.ended(outcome, status));
        }
    }
}
