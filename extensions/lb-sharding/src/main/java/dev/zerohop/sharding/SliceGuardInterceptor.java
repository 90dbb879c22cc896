package dev.zerohop.sharding;

import static java.util.Objects.requireNonNull;

import dev.zerohop.EndpointSelector;
import dev.zerohop.Env;
import dev.zerohop.KeySource;
import dev.zerohop.NoEndpointException;
import dev.zerohop.Printable;
import dev.zerohop.guard.ShardGuard;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Asks a {@link SliceGuard} before a gRPC server runs a call. A call that must not run here ends with {@code UNAVAILABLE}, the reason, and the trailers {@value ShardGuard#EPOCH_HEADER} (the generation in
 * force here) and {@value ShardGuard#OWNER_HEADER} (the id of an owner); nothing of it was run. A call that waits for a generation holds no thread.
 *
 * <p>The key of a call stands in its metadata or in its message. Thread-safe.
 */
public final class SliceGuardInterceptor implements ServerInterceptor {
    private static final Metadata.Key<String> GENERATION =
            Metadata.Key.of(ShardGuard.EPOCH_HEADER, Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> NOT_OWNER =
            Metadata.Key.of(ShardGuard.NOT_OWNER_HEADER, Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> OWNER =
            Metadata.Key.of(ShardGuard.OWNER_HEADER, Metadata.ASCII_STRING_MARSHALLER);

    private static final Context.Key<GuardedCall> GUARDED_CALL = Context.key("zerohop-slice-guard");

    private final SliceGuard guard;

    /** Null if the handler judges. */
    private final @Nullable Function<Metadata, @Nullable EndpointSelector> key;

    /** Runs what a call that has waited does next: not the thread that reads assignments, nor that of the timers. */
    private final Executor after = Env.system().blocking();

    /** What a call states of how it was routed, for the handler that knows its key. */
    private record GuardedCall(SliceGuard guard, @Nullable String generation, boolean notOwner) {}

    private SliceGuardInterceptor(SliceGuard guard, @Nullable Function<Metadata, @Nullable EndpointSelector> key) {
        this.guard = requireNonNull(guard, "guard");
        this.key = key;
    }

    /** The key is made of the metadata; a call for which {@code key} returns null is not judged. */
    public static SliceGuardInterceptor byMetadata(
            SliceGuard guard, Function<Metadata, @Nullable EndpointSelector> key) {
        return new SliceGuardInterceptor(guard, requireNonNull(key, "key"));
    }

    /**
     * The key stands in a header and is read by the rule of the clients' configuration ({@code {"key": {"header": ...}}}). A key that cannot be used ends the call with {@code INVALID_ARGUMENT}.
     *
     * @throws IllegalArgumentException if the source is no header, or gRPC has no texts under its name: one with other signs than letters, digits, '-', '_' and '.', or that ends in {@code -bin}
     */
    public static SliceGuardInterceptor byHeader(SliceGuard guard, KeySource source) {
        if (source.place() != KeySource.Place.HEADER || source.expected() != null) {
            throw new IllegalArgumentException(
                    "key source was " + Printable.text(source.toString()) + ", expected a header");
        }
        Metadata.Key<String> name = Metadata.Key.of(source.name(), Metadata.ASCII_STRING_MARSHALLER);
        return byMetadata(guard, headers -> {
            Iterable<String> found = headers.getAll(name);
            return source.selector("this server", found == null ? List.of() : found);
        });
    }

    /** The key stands in the message: the handler calls {@link #judge} with it before it does anything. */
    public static SliceGuardInterceptor byHandler(SliceGuard guard) {
        return new SliceGuardInterceptor(guard, null);
    }

    /**
     * Judges the call whose handler runs in this {@link Context}.
     *
     * @return completes with null if it may run here, else with what to give to the call's observer ({@code onError}); nearly always it is complete already, and at the latest after {@link SliceGuard#MAX_WAIT}
     * @throws IllegalStateException if the call did not come through an interceptor {@link #byHandler}
     */
    public static CompletableFuture<@Nullable StatusRuntimeException> judge(EndpointSelector key) {
        GuardedCall guarded = GUARDED_CALL.get();
        if (guarded == null) {
            throw new IllegalStateException(
                    "judge was called outside a call's context, expected one that came through SliceGuardInterceptor.byHandler");
        }
        return guarded.guard()
                .judge(guarded.generation(), guarded.notOwner(), requireNonNull(key, "key"))
                .thenApply(rejection ->
                        rejection == null ? null : status(rejection).asRuntimeException(trailers(rejection)));
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        String generation = headers.get(GENERATION);
        boolean notOwner = headers.containsKey(NOT_OWNER);
        if (key == null) {
            Context judged = Context.current().withValue(GUARDED_CALL, new GuardedCall(guard, generation, notOwner));
            return Contexts.interceptCall(judged, call, headers, next);
        }
        EndpointSelector of;
        try {
            of = key.apply(headers);
        } catch (NoEndpointException badKey) {
            call.close(Status.INVALID_ARGUMENT.withDescription(badKey.refusal().message()), new Metadata());
            return new ServerCall.Listener<>() {};
        }
        CompletableFuture<SliceGuard.@Nullable Rejection> verdict = guard.judge(generation, notOwner, of);
        if (verdict.isDone()) {
            return begin(verdict.join(), call, headers, next);
        }
        HeldCall<Q> held = new HeldCall<>(failed -> call.close(failed, new Metadata()));
        Context context = Context.current();
        CompletableFuture<Void> ignored = verdict.thenAcceptAsync(
                rejection -> context.run(() -> held.release(() -> begin(rejection, call, headers, next))), after);
        return held;
    }

    private static <Q, A> ServerCall.Listener<Q> begin(
            SliceGuard.@Nullable Rejection rejection,
            ServerCall<Q, A> call,
            Metadata headers,
            ServerCallHandler<Q, A> next) {
        if (rejection == null) {
            return next.startCall(call, headers);
        }
        call.close(status(rejection), trailers(rejection));
        return new ServerCall.Listener<>() {};
    }

    private static Status status(SliceGuard.Rejection rejection) {
        return Status.UNAVAILABLE.withDescription(rejection.message());
    }

    private static Metadata trailers(SliceGuard.Rejection rejection) {
        Metadata trailers = new Metadata();
        trailers.put(GENERATION, Long.toString(rejection.generation()));
        trailers.put(OWNER, rejection.owner());
        return trailers;
    }
}
