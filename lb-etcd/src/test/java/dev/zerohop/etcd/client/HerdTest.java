package dev.zerohop.etcd.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.HostAndPort;
import dev.zerohop.Env;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SourceFailure;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.MaintenanceGrpc;
import io.etcd.jetcd.api.ResponseHeader;
import io.etcd.jetcd.api.StatusResponse;
import io.etcd.jetcd.api.TxnResponse;
import io.etcd.jetcd.api.WatchGrpc;
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Where a hundred clients of three members are, in virtual time: all that is made up is the network. */
class HerdTest {
    private static final int CLIENTS = 100;
    private static final List<HostAndPort> SERVERS = IntStream.range(0, 3)
            .mapToObj(i -> HostAndPort.fromParts("m" + i, 2379))
            .toList();

    private final FakeTime time = new FakeTime();
    private final List<Member> members = List.of(new Member(), new Member(), new Member());
    private final List<Client> clients = new ArrayList<>();

    private void start(int count) {
        for (int i = 0; i < count; i++) {
            clients.add(new Client(i));
        }
    }

    @AfterEach
    void stop() {
        for (Client client : clients) {
            client.reflector.close();
            client.connection.close();
        }
        assertThat(time.pendingTasks()).as("nothing is left after close").isZero();
    }

    private int[] streams() {
        return members.stream().mapToInt(member -> member.watches.size()).toArray();
    }

    private int most() {
        return Arrays.stream(streams()).max().getAsInt();
    }

    @Test
    void afterARollingRestartNoMemberKeepsMoreThanItsShareForLong() {
        start(CLIENTS);
        assertThat(most()).isLessThanOrEqualTo(45);
        int[] before = streams();
        for (Member member : members) {
            member.stop();
            time.advance(Duration.ofSeconds(20));
            assertThat(Arrays.stream(streams()).sum()).as("all are followed").isEqualTo(CLIENTS);
            member.up = true;
            time.advance(Duration.ofSeconds(40));
        }
        assertThat(streams()[2]).as("the one restarted last").isZero();
        Instant restarted = time.now();
        clients.forEach(client -> client.moves.clear());
        for (int minutes = 0; minutes < 360; minutes += 10) {
            time.advance(Duration.ofMinutes(10));
            assertThat(Arrays.stream(streams()).sum()).isEqualTo(CLIENTS);
        }
        assertThat(most()).isLessThanOrEqualTo(45);
        assertThat(streams()).isEqualTo(before);
        assertThat(clients)
                .allSatisfy(client -> assertThat(client.moves)
                        .as("none moves more than once, and not within an hour of the restart that drove it off")
                        .hasSizeLessThanOrEqualTo(1)
                        .allMatch(move -> move.isAfter(
                                restarted.plus(EtcdConnection.MIN_STAY).minusSeconds(180))));
        assertThat(clients).as("moving is no failure").allMatch(client -> client.failures <= 3);
        List<Instant> moves = new ArrayList<>();
        clients.forEach(client -> moves.addAll(client.moves));
        moves.sort(null);
        assertThat(Duration.between(moves.get(0), moves.get(moves.size() - 1)))
                .as("they come back one by one")
                .isGreaterThan(Duration.ofHours(1));
    }

    @Test
    void theClientsOfADeadMemberSpreadOverTheOthersAndOverTime() {
        start(CLIENTS);
        int[] before = streams();
        members.forEach(member -> member.reads.clear());
        Instant death = time.now();
        members.get(0).stop();
        time.advance(Duration.ofSeconds(2));
        assertThat(streams()[0]).isZero();
        for (int other : new int[] {1, 2}) {
            assertThat(streams()[other] - before[other]).isGreaterThan(before[0] / 4);
        }
        List<Instant> reads = new ArrayList<>();
        members.forEach(member -> reads.addAll(member.reads));
        reads.sort(null);
        List<Instant> failover = reads.subList(0, before[0]);
        assertThat(Duration.between(failover.get(0), failover.get(failover.size() - 1)))
                .isGreaterThan(Duration.ofSeconds(1));
        assertThat(failover.get(failover.size() - 1)).isBefore(death.plusSeconds(2));
    }

    @Test
    void aFirstMemberThatStaysAwayCostsNothing() {
        start(12);
        members.get(0).stop();
        time.advance(Duration.ofSeconds(5));
        clients.forEach(client -> client.failures = 0);
        time.advance(Duration.ofHours(5));
        assertThat(clients).allMatch(client -> client.failures == 0);
        members.get(0).up = true;
        time.advance(Duration.ofHours(4));
        assertThat(streams()[0]).as("it is found again").isPositive();
        assertThat(clients).allMatch(client -> client.failures == 0);
    }

    private final class Client {
        private final EtcdConnection connection;
        private final Reflector<Entry, Version> reflector;
        private final Set<Instant> moves = new LinkedHashSet<>();
        private @Nullable Member at;
        private int failures;

        Client(int seed) {
            SplittableRandom random = new SplittableRandom(seed);
            Env env = new Env(time, random::nextLong, Runnable::run);
            connection = new EtcdConnection(
                    SERVERS, Access.PLAIN, env, server -> new Line(members.get(SERVERS.indexOf(server)), this));
            reflector = new Reflector<>(
                    new RangeWatch(new GrpcKeyStore(connection), List.of(KeyRange.under("a/"))),
                    RangeWatch.POLICY,
                    env);
            reflector.subscribe(new Reflector.Subscriber<Entry, Version>() {
                @Override
                public void onState(Reflector.State<Entry, Version> state, boolean stale) {}

                @Override
                public void onConfirmed(Instant asOf) {}

                @Override
                public void onFailure(SourceFailure cause) {
                    failures++;
                }
            });
        }

        void watches(Member member) {
            if (at != null && at != member) {
                moves.add(time.now());
            }
            at = member;
        }
    }

    /** A member of the cluster, which holds nothing. */
    private final class Member {
        private final List<Line.Call<?, ?>> watches = new ArrayList<>();
        private final List<Instant> reads = new ArrayList<>();
        private boolean up = true;

        void stop() {
            up = false;
            for (Line.Call<?, ?> watch : List.copyOf(watches)) {
                watch.end(Status.UNAVAILABLE.withDescription("gone"));
            }
        }
    }

    /** A channel to a member, on the test's thread. */
    private final class Line extends ManagedChannel {
        private static final ResponseHeader HEADER = ResponseHeader.newBuilder()
                .setClusterId(1)
                .setRaftTerm(2)
                .setRevision(7)
                .build();

        private final Member member;
        private final Client client;
        private boolean shutDown;

        Line(Member member, Client client) {
            this.member = member;
            this.client = client;
        }

        private final class Call<Q, A> extends ClientCall<Q, A> {
            private final MethodDescriptor<Q, A> method;
            private @Nullable Listener<A> listener;

            Call(MethodDescriptor<Q, A> method) {
                this.method = method;
            }

            @Override
            public void start(Listener<A> listener, Metadata headers) {
                this.listener = listener;
            }

            @Override
            public void request(int messages) {}

            @Override
            public void cancel(@Nullable String message, @Nullable Throwable cause) {
                end(Status.CANCELLED);
            }

            @Override
            public void sendMessage(Q message) {
                if (!member.up || shutDown) {
                    end(Status.UNAVAILABLE.withDescription("refused"));
                } else if (is(WatchGrpc.getWatchMethod())) {
                    member.watches.add(this);
                    client.watches(member);
                    answer(WatchResponse.newBuilder()
                            .setHeader(HEADER)
                            .setCreated(true)
                            .build());
                } else if (is(KVGrpc.getTxnMethod())) {
                    member.reads.add(time.now());
                    answer(TxnResponse.newBuilder()
                            .setHeader(HEADER)
                            .setSucceeded(true)
                            .build());
                    end(Status.OK);
                } else if (is(MaintenanceGrpc.getStatusMethod())) {
                    answer(StatusResponse.newBuilder()
                            .setHeader(HEADER)
                            .setLeader(1)
                            .build());
                    end(Status.OK);
                } else {
                    throw new IllegalArgumentException(method.getFullMethodName());
                }
            }

            Line line() {
                return Line.this;
            }

            private boolean is(MethodDescriptor<?, ?> other) {
                return method.getFullMethodName().equals(other.getFullMethodName());
            }

            @SuppressWarnings("unchecked")
            private void answer(Object message) {
                Listener<A> open = listener;
                if (open != null) {
                    open.onMessage((A) message);
                }
            }

            void end(Status status) {
                Listener<A> open = listener;
                listener = null;
                member.watches.remove(this);
                if (open != null) {
                    open.onClose(status, new Metadata());
                }
            }

            @Override
            public void halfClose() {}
        }

        @Override
        public <Q, A> ClientCall<Q, A> newCall(MethodDescriptor<Q, A> method, CallOptions options) {
            return new Call<>(method);
        }

        @Override
        public String authority() {
            return "member";
        }

        @Override
        public ManagedChannel shutdown() {
            shutDown = true;
            return this;
        }

        @Override
        public ManagedChannel shutdownNow() {
            for (Call<?, ?> watch : List.copyOf(member.watches)) {
                if (watch.line() == this) {
                    watch.end(Status.UNAVAILABLE.withDescription("shut down"));
                }
            }
            return shutdown();
        }

        @Override
        public boolean isShutdown() {
            return shutDown;
        }

        @Override
        public boolean isTerminated() {
            return shutDown;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return shutDown;
        }
    }
}
