package dev.zerohop.etcd.client;

import dev.zerohop.Log;
import dev.zerohop.Time;
import io.etcd.jetcd.api.AuthGrpc;
import io.etcd.jetcd.api.AuthenticateRequest;
import io.etcd.jetcd.api.AuthenticateResponse;
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The token of a user, shared by all calls. It is requested for the first call, and again when etcd no longer accepts it: a token expires after 5 minutes
 * without use, when its server restarts, and when the password changes. Thread-safe; only the tasks that it submits to a call's executor block.
 */
final class AuthTokens {
    private static final Log LOG = Log.of(AuthTokens.class);
    private static final Metadata.Key<String> TOKEN = Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);

    /** The token of an etcd without authentication. */
    private static final String NO_TOKEN = "";

    /** How long a rejected password is not tried again: each attempt costs etcd a tenth of a second of CPU. Shorter than the wait after a denial. */
    private static final long REJECTED_NANOS = Duration.ofSeconds(20).toNanos();

    private final Login login;
    private final Time time;

    // Guarded by this.
    private @Nullable CompletableFuture<String> token;
    private @Nullable String lastGoodPassword;
    private @Nullable RejectedPassword rejected;
    private String problem = "";

    private record RejectedPassword(String password, long atNanos, Status status) {
        @Override
        public String toString() {
            return "RejectedPassword(" + status + ")";
        }
    }

    /** Marks a failure that was caused by the token alone. */
    static final class StaleToken extends Exception {
        private static final long serialVersionUID = 1;

        StaleToken() {
            super("etcd did not accept the token", null, false, false);
        }
    }

    AuthTokens(Login login, Time time) {
        this.login = login;
        this.time = time;
    }

    /** Whether a denial may be caused by the token alone. */
    static boolean concernsToken(String text) {
        return text.contains("invalid auth token")
                || text.contains("revision of auth store is old")
                || text.contains("user name is empty");
    }

    /** Adds the token to calls; a missing one is requested over {@code channel}. */
    ClientInterceptor over(Channel channel) {
        return new ClientInterceptor() {
            @Override
            public <Q, A> ClientCall<Q, A> interceptCall(
                    MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
                TokenCredentials credentials = new TokenCredentials(channel);
                return new SimpleForwardingClientCall<>(
                        next.newCall(method, options.withCallCredentials(credentials))) {
                    @Override
                    public void start(Listener<A> listener, Metadata headers) {
                        super.start(new TokenListener<>(listener, credentials), headers);
                    }
                };
            }
        };
    }

    /** Drops a token that etcd does not accept. */
    private final class TokenListener<A> extends SimpleForwardingClientCallListener<A> {
        private final TokenCredentials credentials;

        TokenListener(ClientCall.Listener<A> listener, TokenCredentials credentials) {
            super(listener);
            this.credentials = credentials;
        }

        @Override
        public void onMessage(A message) {
            // etcd 3.4 cancels a watch with an unknown token as denied.
            if (message instanceof WatchResponse watch
                    && watch.getCanceled()
                    && EtcdFailure.isDenial(watch.getCancelReason())) {
                forget(credentials.used);
            }
            super.onMessage(message);
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            String used = credentials.used;
            if (used != null && concernsToken(String.valueOf(status.getDescription()))) {
                forget(used);
                super.onClose(status.withCause(new StaleToken()), trailers);
            } else {
                super.onClose(status, trailers);
            }
        }
    }

    private final class TokenCredentials extends CallCredentials {
        private final Channel channel;
        private volatile @Nullable String used;

        TokenCredentials(Channel channel) {
            this.channel = channel;
        }

        @Override
        public void applyRequestMetadata(RequestInfo call, Executor executor, MetadataApplier applier) {
            token(channel, executor).whenComplete((given, thrown) -> {
                if (given == null) {
                    applier.fail(Status.fromThrowable(thrown));
                    return;
                }
                used = given;
                Metadata headers = new Metadata();
                if (!given.equals(NO_TOKEN)) {
                    headers.put(TOKEN, given);
                }
                applier.apply(headers);
            });
        }
    }

    // ---- the token ----

    private synchronized void forget(@Nullable String used) {
        // Without the check, getNow would throw.
        if (token != null && used != null && !token.isCompletedExceptionally() && used.equals(token.getNow(null))) {
            token = null;
        }
    }

    private CompletableFuture<String> token(Channel channel, Executor executor) {
        CompletableFuture<String> pending;
        synchronized (this) {
            if (token != null && !token.isCompletedExceptionally()) {
                return token;
            }
            pending = new CompletableFuture<>();
            token = pending;
        }
        executor.execute(() -> authenticate(channel, pending));
        return pending;
    }

    private void authenticate(Channel channel, CompletableFuture<String> pending) {
        String password = password();
        if (password == null) {
            pending.completeExceptionally(failure(Status.UNAUTHENTICATED, problem()));
            return;
        }
        Status rejection = rejection(password);
        if (rejection != null) {
            pending.completeExceptionally(new StatusException(rejection));
            return;
        }
        AuthenticateRequest request = AuthenticateRequest.newBuilder()
                .setName(login.user())
                .setPassword(password)
                .build();
        AuthGrpc.newStub(channel)
                .withDeadlineAfter(EtcdConnection.CALL_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS)
                .authenticate(request, new StreamObserver<>() {
                    @Override
                    public void onNext(AuthenticateResponse response) {
                        accepted(password);
                        pending.complete(response.getToken());
                    }

                    @Override
                    public void onError(Throwable thrown) {
                        Status status = Status.fromThrowable(thrown);
                        String text = String.valueOf(status.getDescription());
                        if (text.contains("authentication is not enabled")) {
                            LOG.warn("{} is not needed: this etcd has no authentication", login);
                            pending.complete(NO_TOKEN);
                        } else if (status.getCode() == Status.Code.INVALID_ARGUMENT) {
                            pending.completeExceptionally(new StatusException(rejected(password, text)));
                        } else {
                            pending.completeExceptionally(
                                    failure(status, login + " could not be authenticated: " + text));
                        }
                    }

                    @Override
                    public void onCompleted() {
                        pending.completeExceptionally(failure(Status.UNAVAILABLE, login + " got no token"));
                    }
                });
    }

    /** The present password, else the last good one; null if there never was one. */
    private @Nullable String password() {
        try {
            // Not under the lock: the supplier may block.
            String password = login.password().get();
            if (password != null && !password.isEmpty()) {
                return password;
            }
            return noPassword("it was empty, expected a password");
        } catch (Throwable unavailable) {
            // Errors too: a token that never completes would block every call. The message of an application's
            // supplier may contain a secret; that of the file reader does not.
            return noPassword(
                    login.password() instanceof Login.PasswordFile
                            ? String.valueOf(unavailable.getMessage())
                            : unavailable.getClass().getSimpleName() + " was thrown by its supplier");
        }
    }

    private synchronized @Nullable String noPassword(String why) {
        String text = login + " has no usable password: " + why;
        if (!text.equals(problem)) {
            problem = text;
            LOG.warn("{}{}", text, lastGoodPassword == null ? "" : "; the last good one stays in use");
        }
        return lastGoodPassword;
    }

    private synchronized String problem() {
        return problem;
    }

    private synchronized void accepted(String password) {
        lastGoodPassword = password;
        rejected = null;
        problem = "";
    }

    private synchronized Status rejected(String password, String text) {
        Status status = Status.UNAUTHENTICATED.withDescription(login + " was rejected: " + text);
        rejected = new RejectedPassword(password, time.nanoTime(), status);
        return status;
    }

    private synchronized @Nullable Status rejection(String password) {
        RejectedPassword last = rejected;
        if (last == null || !last.password().equals(password) || time.nanoTime() - last.atNanos() >= REJECTED_NANOS) {
            return null;
        }
        return last.status();
    }

    private static StatusException failure(Status status, String description) {
        return new StatusException(status.withDescription(description));
    }
}
