package dev.zerohop.grpc;

import dev.zerohop.Balancer;
import dev.zerohop.CallTrace;
import dev.zerohop.Endpoint;
import dev.zerohop.Refusal;
import dev.zerohop.Time;
import io.grpc.CallOptions;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reports to the balancer's listener, and to the trace of a call that is traced, what only the channel knows of calls, each once: refusals, waits, decisions about repetitions and hedges, spills. What belongs together across
 * the picks of a call is known for calls with {@link CallAttempts} only. One per channel; thread-safe.
 */
final class CallEvents {
    private final Supplier<Balancer> balancer;
    private final Time time;

    CallEvents(Supplier<Balancer> balancer, Time time) {
        this.balancer = balancer;
        this.time = time;
    }

    // ---- of picks ----

    /** The pick has no result: the attempt is picked again when something changes. */
    void waits(PickSubchannelArgs args) {
        CallAttempts memory = memory(args.getCallOptions());
        if (memory != null) {
            memory.reportsTo(this).begin(Repetition.of(args.getHeaders()).number(), time::nanoTime);
        }
    }

    /**
     * The pick fails the attempt with {@code status}. Whether it ends the call is known at the end of one with a memory; without one it is taken for the end, since gRPC
     * repeats a refused attempt only where a retry policy names that status.
     */
    void refused(PickSubchannelArgs args, Refusal refusal, Status status) {
        CallAttempts memory = memory(args.getCallOptions());
        if (memory == null) {
            balancer.get().refused(refusal);
        } else {
            memory.reportsTo(this).end(Repetition.of(args.getHeaders()).number(), since -> waited(memory, since));
            memory.refusedBy(refusal, status);
        }
    }

    /** A call asked for a repetition or a hedge, and this was decided. */
    void decided(CallAttempts memory, boolean hedge, RetryVerdict verdict) {
        if (!hedge) {
            decided(memory.trace(), memory.takeUndecided(), verdict);
            return;
        }
        Balancer now = balancer.get();
        now.hedgeDecided(verdict.decision());
        CallTrace trace = memory.trace();
        if (trace != null) {
            trace.hedgeDecided(now.name(), verdict.decision());
        }
    }

    /** An attempt that failed was to be repeated, and this was decided; null for one that was refused or never began, of which no failure was counted. */
    void decided(@Nullable CallTrace trace, @Nullable EndedAttempt failed, RetryVerdict verdict) {
        if (failed != null) {
            Balancer now = balancer.get();
            now.retryDecided(failed.endpoint(), failed.outcome(), verdict.decision());
            if (trace != null) {
                trace.retryDecided(now.name(), failed.endpoint(), failed.outcome(), verdict.decision());
            }
        }
    }

    // ---- of attempts ----

    /** The attempt with these headers has its endpoint for good. */
    void created(CallAttempts memory, Metadata headers) {
        CallWaits waits = memory.waits();
        if (waits != null) {
            waits.end(Repetition.of(headers).number(), since -> waited(memory, since));
        }
    }

    /** The attempt began at an endpoint that stands in for the owner of its key. */
    void spilled(Endpoint endpoint) {
        balancer.get().spilled(endpoint);
    }

    // ---- of calls ----

    /** The call with this memory ended. */
    void ended(CallAttempts memory, Status status) {
        CallWaits waits = memory.waits();
        if (waits != null) {
            waits.endAll(since -> waited(memory, since));
        }
        Refusal refusal = status.isOk() ? null : memory.refusalOf(status);
        if (refusal != null) {
            Balancer now = balancer.get();
            now.refused(refusal);
            CallTrace trace = memory.trace();
            if (trace != null) {
                trace.refused(now.name(), refusal.kind());
            }
        }
    }

    private void waited(CallAttempts memory, long sinceNanos) {
        Balancer now = balancer.get();
        long nanos = Math.max(0, time.nanoTime() - sinceNanos);
        now.waited(nanos);
        CallTrace trace = memory.trace();
        if (trace != null) {
            trace.waited(now.name(), nanos);
        }
    }

    private static @Nullable CallAttempts memory(CallOptions options) {
        return options.getOption(CallAttempts.KEY);
    }
}
