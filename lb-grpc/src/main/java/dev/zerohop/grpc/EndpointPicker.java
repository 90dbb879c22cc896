package dev.zerohop.grpc;

import dev.zerohop.AttemptTrace;
import dev.zerohop.Balancer;
import dev.zerohop.BalancerSettings;
import dev.zerohop.BalancerView;
import dev.zerohop.CallTrace;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.KeySource;
import dev.zerohop.NoEndpointException;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Printable;
import dev.zerohop.Refusal;
import dev.zerohop.ShardMap;
import io.grpc.CallOptions;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import io.grpc.LoadBalancer.SubchannelPicker;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks the balancer and turns its answer into gRPC's. Made anew for each version that is published, since that is how a channel learns to look again at the
 * calls that it buffers; the balancer's own picker underneath goes on where it was.
 */
final class EndpointPicker extends SubchannelPicker {
    /** Nodes that have just lost their connection are stepped over this often before the call waits for the next version, some milliseconds away. */
    private static final int STEPS = 8;

    private final Balancer balancer;
    private final BalancerView view;
    private final IdentityHashMap<Node, SubchannelHandle> subchannels;
    private final List<SubchannelHandle> lingering;
    private final Attempts attempts;
    private final RecentFailures failures;
    private final BalancerSettings settings;
    private final boolean keyed;
    private final @Nullable KeySource key;
    private final Metadata.@Nullable Key<String> keyHeader;
    private final @Nullable Throwable cause;
    private final BiConsumer<PickContext, ExplainCall> explainer;
    private final AtomicInteger turn = new AtomicInteger();

    EndpointPicker(
            Balancer balancer,
            Subchannels subchannels,
            Attempts attempts,
            RecentFailures failures,
            @Nullable Throwable cause,
            BiConsumer<PickContext, ExplainCall> explainer) {
        this.balancer = balancer;
        this.view = balancer.current();
        this.subchannels = subchannels.byNode();
        this.lingering = subchannels.lingering();
        this.attempts = attempts;
        this.failures = failures;
        this.settings = view.settings();
        this.keyed = view.keyed();
        this.key = settings.key();
        this.keyHeader = key == null ? null : GrpcSettings.headerOf(key);
        this.cause = cause;
        this.explainer = explainer;
    }

    @Override
    public PickResult pickSubchannel(PickSubchannelArgs args) {
        try {
            return picked(args);
        } catch (Throwable thrown) {
            return broken(thrown);
        }
    }

    private PickResult picked(PickSubchannelArgs args) {
        PickContext context = PickContext.NONE;
        ExplainCall asked = args.getCallOptions().getOption(ExplainCall.KEY);
        if (asked != null) {
            return explained(args, asked);
        }
        if (keyed) {
            try {
                context = PickContext.of(selector(args));
            } catch (NoEndpointException badKey) {
                return badKey(args, badKey.refusal());
            }
        }
        CallAttempts memory = args.getCallOptions().getOption(CallAttempts.KEY);
        if (args.getHeaders().containsKey(Repetition.HEADER) || (memory != null && memory.tried().length > 0)) {
            return again(args, context, memory, Repetition.of(args.getHeaders()));
        }
        return pick(args, context, memory, null);
    }

    private @Nullable EndpointSelector selector(PickSubchannelArgs args) {
        EndpointSelector selector = args.getCallOptions().getOption(ZerohopGrpc.SELECTOR);
        if (selector != null || key == null || keyHeader == null) {
            return selector;
        }
        Iterable<String> values = args.getHeaders().getAll(keyHeader);
        return values == null ? null : key.selector(balancer.name(), values);
    }

    private PickResult pick(
            PickSubchannelArgs args,
            PickContext context,
            @Nullable CallAttempts memory,
            RecentFailures.@Nullable Failure before) {
        long shardEpoch = view.shardEpoch(context);
        Node node = view.pick(context);
        if (node == null) {
            return noEndpoint(args, context, memory, before);
        }
        SubchannelHandle handle = subchannels.get(node);
        if (handle == null || !handle.ready()) {
            handle = stepOver(node, context);
            if (handle == null) {
                handle = nextLingering();
            }
            if (handle == null) {
                attempts.events().waits(args);
                return PickResult.withNoResult();
            }
        }
        boolean spilled = keyed && view.spilled(context, handle.node());
        String notOwner = spilled ? balancer.name() + ": the owner of the key is down" : null;
        return picked(handle, shardEpoch, notOwner, before, traced(memory, context, handle, shardEpoch));
    }

    private PickResult picked(
            SubchannelHandle handle,
            long shardEpoch,
            @Nullable String notOwner,
            RecentFailures.@Nullable Failure before,
            Attempts.@Nullable Traced traced) {
        return notOwner == null && before == null && traced == null
                ? handle.picked(shardEpoch)
                : PickResult.withSubchannel(
                        handle.subchannel(),
                        attempts.factory(handle.node(), handle.connections(), shardEpoch, notOwner, before, traced));
    }

    private Attempts.@Nullable Traced traced(
            @Nullable CallAttempts memory, PickContext context, SubchannelHandle handle, long shardEpoch) {
        CallTrace trace = memory == null ? null : memory.trace();
        return trace == null
                ? null
                : new Attempts.Traced(
                        trace,
                        AttemptTrace.Start.of(view, context, handle.node().endpoint(), shardEpoch, trace));
    }

    private @Nullable SubchannelHandle stepOver(Node unusable, PickContext context) {
        PickContext around = context;
        Node last = unusable;
        for (int i = 0; i < STEPS; i++) {
            around = around.avoiding(last.endpoint());
            Node node = view.pick(around);
            if (node == null || around.avoids(node.endpoint())) {
                return null;
            }
            SubchannelHandle handle = subchannels.get(node);
            if (handle != null && handle.ready()) {
                return handle;
            }
            last = node;
        }
        return null;
    }

    /** Keyed calls wait for their owner instead: who has left owns nothing. */
    private @Nullable SubchannelHandle nextLingering() {
        if (keyed) {
            return null;
        }
        for (int i = lingering.size(); i > 0; i--) {
            SubchannelHandle handle = lingering.get(Math.floorMod(turn.getAndIncrement(), lingering.size()));
            if (handle.ready()) {
                return handle;
            }
        }
        return null;
    }

    private PickResult explained(PickSubchannelArgs args, ExplainCall asked) {
        EndpointSelector selector = args.getCallOptions().getOption(ZerohopGrpc.SELECTOR);
        explainer.accept(selector == null ? PickContext.NONE : PickContext.of(selector), asked);
        return PickResult.withDrop(ExplainCall.ANSWERED);
    }

    // ---- retries and hedges ----

    private PickResult again(
            PickSubchannelArgs args, PickContext context, @Nullable CallAttempts memory, Repetition repetition) {
        int number = repetition.number();
        RecentFailures.Failure before = memory == null ? failures.before(args.getCallOptions(), repetition) : null;
        // Number 0 is a transparent retry of grpc's: the server never saw the attempt before it, so it is free.
        if (number > 0 && memory != null && !memory.wasAllowed(number)) {
            RetryVerdict verdict = verdict(number);
            boolean hedge = memory.isHedge();
            if (hedge && !verdict.granted()) {
                return holdHedge(memory, number, verdict);
            }
            attempts.events().decided(memory, hedge, verdict);
            if (!verdict.granted()) {
                return dropRepeat(memory, verdict.reason());
            }
            memory.allow(number);
        } else if (before != null && !before.allowed) {
            RetryVerdict verdict = verdict(number);
            attempts.events().decided(null, before.ended, verdict);
            if (!verdict.granted()) {
                return PickResult.withDrop(
                        allowedStatus(before.status, verdict.reason() + earlier(before.failed, before.status)));
            }
            before.allowed = true;
        }
        PickContext next = context;
        Endpoint[] tried = memory != null ? memory.tried() : before != null ? before.tried : new Endpoint[0];
        for (Endpoint endpoint : tried) {
            next = next.retryAfter(endpoint);
        }
        return pick(args, next, memory, before);
    }

    /** Whether attempt {@code number} is made; if so, it has been taken from the budget. */
    private RetryVerdict verdict(int number) {
        int most = settings.retry().maxAttempts();
        if (number >= most) {
            return RetryVerdict.attemptsExhausted(most);
        }
        return view.retryBudget().tryWithdraw() ? RetryVerdict.GRANTED : RetryVerdict.BUDGET_EXHAUSTED;
    }

    private PickResult dropRepeat(CallAttempts memory, String refusal) {
        Status last = memory.lastFailure();
        Status failure = last == null ? Status.UNAVAILABLE.withDescription(balancer.name()) : last;
        String words = refusal + earlier(memory.failed(), failure);
        Status wanted = shown(failure).augmentDescription(words);
        Status drop = allowedStatus(failure, words);
        memory.endAsBefore(drop, wanted);
        return PickResult.withDrop(drop);
    }

    /** The attempts before the last one, if it is that one's failure; else it names them itself. */
    private static String earlier(@Nullable FailedAttempt last, Status failure) {
        return last == null || last.status() != failure ? "" : last.earlier();
    }

    /** grpc ends a call whose hedge is dropped, though another attempt may be about to answer: the hedge waits for the others to end. */
    private PickResult holdHedge(CallAttempts memory, int number, RetryVerdict verdict) {
        if (memory.holdHedge(number)) {
            attempts.events().decided(memory, true, verdict);
        }
        return Waiting.because("zerohop_retry_budget", verdict.reason());
    }

    /** The failure with the server's words as a message of this library's may have them. */
    private static Status shown(Status failure) {
        String description = failure.getDescription();
        return description == null ? failure : failure.withDescription(Printable.text(description));
    }

    /** The failure in a status that grpc lets a picker use; the others it would turn into INTERNAL. */
    private static Status allowedStatus(Status failed, String refusal) {
        Status failure = shown(failed);
        return switch (failure.getCode()) {
            case UNAVAILABLE,
                    DEADLINE_EXCEEDED,
                    UNKNOWN,
                    INTERNAL,
                    RESOURCE_EXHAUSTED,
                    PERMISSION_DENIED,
                    UNAUTHENTICATED,
                    UNIMPLEMENTED,
                    CANCELLED -> failure.augmentDescription(refusal);
            default ->
                Status.UNAVAILABLE
                        .withDescription(failure.getCode() + ": " + failure.getDescription())
                        .augmentDescription(refusal);
        };
    }

    // ---- no endpoint ----

    private PickResult noEndpoint(
            PickSubchannelArgs args,
            PickContext context,
            @Nullable CallAttempts memory,
            RecentFailures.@Nullable Failure before) {
        SubchannelHandle lingeringOne = view.unconfigured() == null ? nextLingering() : null;
        if (lingeringOne != null) {
            Attempts.Traced traced = traced(memory, context, lingeringOne, ShardMap.NO_EPOCH);
            return picked(lingeringOne, ShardMap.NO_EPOCH, null, null, traced);
        }
        Refusal refusal = view.refusal(context);
        if (balancer.current() != view) {
            // There may be an endpoint in the next version, whose picker is on its way.
            return waiting(args, "zerohop_changing", refusal);
        }
        return switch (refusal.kind()) {
            case BAD_KEY -> badKey(args, refusal);
            case NONE_KNOWN ->
                refusal.waits() ? waiting(args, "resolving", refusal) : unavailable(args, refusal, before);
            // The channel goes idle, and makes a new policy for the calls that come meanwhile, or ends and fails them
            // itself.
            case CLOSED -> waiting(args, "zerohop_closed", refusal);
            case NONE_USABLE, OWNER_DOWN, CONNECTING, BAD_CONFIGURATION ->
                refusal.waits()
                        ? waiting(args, "zerohop_" + refusal.kind().name().toLowerCase(Locale.ROOT), refusal)
                        : unavailable(args, refusal, before);
        };
    }

    private PickResult waiting(PickSubchannelArgs args, String type, Refusal refusal) {
        attempts.events().waits(args);
        return Waiting.because(type, refusal.message());
    }

    /** What the servers did comes first: that there is no endpoint is what followed from it. */
    private PickResult unavailable(PickSubchannelArgs args, Refusal refusal, RecentFailures.@Nullable Failure before) {
        String message = refusal.message();
        CallOptions options = args.getCallOptions();
        CallAttempts memory = options.getOption(CallAttempts.KEY);
        FailedAttempt failed = memory != null ? memory.failed() : before != null ? before.failed : null;
        Status status = Status.UNAVAILABLE
                .withDescription(failed == null ? message : failed.text() + "; " + message)
                .withCause(cause);
        if (options.isWaitForReady()) {
            attempts.events().waits(args);
        } else {
            attempts.events().refused(args, refusal, status);
            if (before != null) {
                failures.refused(before, options, Repetition.of(args.getHeaders()), status);
            } else if (memory != null && memory.refused(status)) {
                attempts.republish();
            }
        }
        return PickResult.withError(status);
    }

    /** A mistake of the caller's code: waiting for ready endpoints does not mend it. grpc forbids pickers to say INVALID_ARGUMENT; the interceptor says it. */
    private PickResult badKey(PickSubchannelArgs args, Refusal refusal) {
        String message = refusal.message();
        Status drop = Status.INTERNAL.withDescription(message);
        attempts.events().refused(args, refusal, drop);
        CallAttempts memory = args.getCallOptions().getOption(CallAttempts.KEY);
        if (memory != null) {
            memory.endWith(drop, Status.INVALID_ARGUMENT.withDescription(message));
        }
        return PickResult.withDrop(drop);
    }

    /** Of an exception out of a picker the channel's buffer never recovers: it fails the call, and no other. */
    private PickResult broken(Throwable thrown) {
        attempts.fault(balancer.name(), thrown);
        return PickResult.withDrop(Status.INTERNAL
                .withDescription(Printable.text(balancer.name() + ": policy "
                        + settings.policy().name() + " threw " + thrown + " while an endpoint was picked"))
                .withCause(thrown));
    }

    @Override
    public String toString() {
        return "zerohop picker of " + balancer;
    }
}
