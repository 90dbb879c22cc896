package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.net.SocketAddress;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Is told of one attempt of a call; see {@link CallTrace}. An attempt that a client has prepared and never started ends without a word: what was made for it is to be garbage then, no more.
 */
public interface AttemptTrace {

    /**
     * Where an attempt goes, and by what rule.
     *
     * @param service the name of the balancer
     * @param policy the policy that has picked the endpoint
     * @param endpoint where it goes
     * @param number 1 for the first attempt of the call; attempts that run at once have numbers of their own
     * @param shardEpoch the epoch of the shard map that it was routed by, or {@link ShardMap#NO_EPOCH}
     * @param keyHash the low half of {@link EndpointSelector#hash} of the call's key; null without a key, and where {@link CallTrace#wantsKeyHash} is false
     */
    record Start(
            String service,
            String policy,
            Endpoint endpoint,
            int number,
            long shardEpoch,
            @Nullable Integer keyHash) {

        /** Checks for null. */
        public Start {
            requireNonNull(service, "service");
            requireNonNull(policy, "policy");
            requireNonNull(endpoint, "endpoint");
        }

        /** Of an attempt that this view has picked for the context. The key is read only if {@code trace} wants its hash. */
        public static Start of(
                BalancerView view, PickContext context, Endpoint endpoint, long shardEpoch, CallTrace trace) {
            return new Start(
                    view.balancer().name(),
                    view.settings().policy().name(),
                    endpoint,
                    context.attempt() + 1,
                    shardEpoch,
                    keyHash(context.selector(), trace));
        }

        /** The same under another number, for clients that know it only when the attempt is made. */
        public Start withNumber(int next) {
            return new Start(service, policy, endpoint, next, shardEpoch, keyHash);
        }

        static @Nullable Integer keyHash(@Nullable EndpointSelector key, CallTrace trace) {
            // Not hashableIdentifier(): that of an integer key is the key.
            if (key == null || !trace.wantsKeyHash()) {
                return null;
            }
            try {
                return (int) key.hash();
            } catch (Throwable thrown) {
                // A key is of others; the pick has met the same fault.
                return null;
            }
        }
    }

    /** Adds what the endpoint is to be told in headers, such as the identity of a span. Called before they are sent, for each request of the attempt. */
    default void headers(BiConsumer<String, String> set) {}

    /**
     * The attempt runs in this thread, below what else the application has installed on its client: a span that was made for this attempt is current. Called for each request of the attempt
     * that goes to the network, before {@link #connected}, and only by clients that have such a place.
     */
    default void entered() {}

    /** The attempt has a connection, to this address; null if the transport does not say. */
    default void connected(@Nullable SocketAddress peer) {}

    /**
     * The answer has begun, and this is what it means so far. Called by clients that know it before the end, in the thread of {@link #entered}.
     *
     * @param status the protocol's own word, such as {@code 503}
     */
    default void answered(Outcome outcome, String status) {}

    /**
     * The attempt has ended; on any thread, once, and as the last thing.
     *
     * @param status the protocol's own word for it, such as {@code UNAVAILABLE}; null where there was none
     */
    default void ended(Outcome outcome, @Nullable String status) {}
}
