package dev.zerohop.grpc;

import static java.util.Objects.requireNonNull;

import dev.zerohop.EndpointSelector;
import dev.zerohop.KeySource;
import dev.zerohop.NoEndpointException;
import dev.zerohop.Printable;
import dev.zerohop.ShardMap;
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
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Asks a {@link ShardGuard} before a gRPC server runs a call. A call that must not run here ends with {@code UNAVAILABLE}, the reason, and in the
 * trailers the epoch that is in force here ({@link ZerohopGrpc#SHARD_EPOCH}); nothing of it was run.
 *
 * <p>The key of a call stands in its metadata, in its message, or nowhere that the server sees; hence three ways to make an interceptor. Thread-safe.
 */
public final class ShardGuardInterceptor implements ServerInterceptor {
    private static final Context.Key<GuardedCall> GUARDED_CALL = Context.key("zerohop-shard-epoch");

    private final ShardGuard guard;

    /** Null if the handler judges. */
    private final @Nullable Function<Metadata, @Nullable EndpointSelector> key;

    /** What a call states of how it was routed, for the handler that knows its key. */
    private record GuardedCall(ShardGuard guard, @Nullable String epoch, boolean notOwner) {}

    private ShardGuardInterceptor(ShardGuard guard, @Nullable Function<Metadata, @Nullable EndpointSelector> key) {
        this.guard = requireNonNull(guard, "guard");
        this.key = key;
    }

    /** The key stands in the metadata; a call for which {@code key} returns null is judged by its epoch alone. */
    public static ShardGuardInterceptor byMetadata(
            ShardGuard guard, Function<Metadata, @Nullable EndpointSelector> key) {
        return new ShardGuardInterceptor(guard, requireNonNull(key, "key"));
    }

    /**
     * The key stands in a header and is read by the rule of the clients' configuration ({@code {"key": {"header": ...}}}). A key that cannot be used ends the
     * call with {@code INVALID_ARGUMENT}.
     *
     * @throws IllegalArgumentException if the source is no header, or gRPC has no texts under its name: one with other signs than letters, digits, '-', '_' and
     *     '.', or that ends in {@code -bin}
     */
    public static ShardGuardInterceptor byHeader(ShardGuard guard, KeySource source) {
        if (source.place() != KeySource.Place.HEADER || source.expected() != null) {
            throw new IllegalArgumentException(
                    "key source was " + Printable.text(source.toString()) + ", expected a header");
        }
        Metadata.Key<String> name = GrpcSettings.headerOf(source);
        return byMetadata(guard, headers -> {
            Iterable<String> found = headers.getAll(name);
            return source.selector("this server", found == null ? List.of() : found);
        });
    }

    /** The key stands in the message: the handler calls {@link #judge} with it before it does anything. */
    public static ShardGuardInterceptor byHandler(ShardGuard guard) {
        return new ShardGuardInterceptor(guard, null);
    }

    /**
     * Judges the call whose handler runs in this {@link Context}.
     *
     * @return null if it may run here, else what to give to the call's observer ({@code onError})
     * @throws IllegalStateException if the call did not come through an interceptor {@link #byHandler}
     */
    public static @Nullable StatusRuntimeException judge(EndpointSelector key) {
        GuardedCall guarded = GUARDED_CALL.get();
        if (guarded == null) {
            throw new IllegalStateException(
                    "judge was called outside a call's context, expected one that came through ShardGuardInterceptor.byHandler");
        }
        ShardGuard.Rejection rejection =
                guarded.guard().judge(guarded.epoch(), guarded.notOwner(), requireNonNull(key, "key"));
        return rejection == null ? null : status(rejection).asRuntimeException(trailers(rejection));
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        String epoch = headers.get(ZerohopGrpc.SHARD_EPOCH);
        boolean notOwner = headers.containsKey(ZerohopGrpc.NOT_OWNER);
        if (key == null) {
            Context judged = Context.current().withValue(GUARDED_CALL, new GuardedCall(guard, epoch, notOwner));
            return Contexts.interceptCall(judged, call, headers, next);
        }
        if (epoch == null) {
            return next.startCall(call, headers);
        }
        ShardGuard.Rejection rejection;
        try {
            rejection = guard.judge(epoch, notOwner, key.apply(headers));
        } catch (NoEndpointException badKey) {
            call.close(Status.INVALID_ARGUMENT.withDescription(badKey.refusal().message()), new Metadata());
            return new ServerCall.Listener<>() {};
        }
        if (rejection == null) {
            return next.startCall(call, headers);
        }
        call.close(status(rejection), trailers(rejection));
        return new ServerCall.Listener<>() {};
    }

    private static Status status(ShardGuard.Rejection rejection) {
        return Status.UNAVAILABLE.withDescription(rejection.message());
    }

    private static Metadata trailers(ShardGuard.Rejection rejection) {
        Metadata trailers = new Metadata();
        if (rejection.epoch() != ShardMap.NO_EPOCH) {
            trailers.put(ZerohopGrpc.SHARD_EPOCH, Long.toString(rejection.epoch()));
        }
        return trailers;
    }
}
