package dev.zerohop.etcd.sharding;

import com.google.protobuf.ByteString;
import dev.zerohop.Env;
import dev.zerohop.Log;
import dev.zerohop.SliceMap;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.Leases;
import dev.zerohop.etcd.client.SerialCalls;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.election.Candidacy;
import dev.zerohop.resolver.SliceHead;
import dev.zerohop.resolver.SliceMapJson;
import dev.zerohop.sharding.store.LoadReport;
import dev.zerohop.sharding.store.MemberState;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** The keys of one member, all under one lease: its registration and candidacy, its last report, and what it offers if it is asked. For tasks of one serial executor. */
final class SelfKeys {
    private static final Log LOG = Log.of(SelfKeys.class);

    /** A new generation alone is stated within this time, drawn, so that a change of the assignment is not followed by a write of each of a thousand members at once. */
    static final Duration STATED_WITHIN = Duration.ofSeconds(30);

    private final String name;
    private final ServiceKeys keys;
    private final Env env;
    private final Leases leases;
    private final Candidacy candidacy;
    private final SerialCalls calls;
    private MemberState self;
    private long incarnation;
    private long known;
    private long stated = SliceMap.DRAFT;
    private @Nullable LoadReport unreported;
    private boolean reporting;

    /** The generation that was offered last. */
    private long offered = SliceMap.DRAFT;

    /** {@code onChange} is called when {@link #held} has changed. */
    SelfKeys(EtcdMember member, MemberState self, Env env, Leases leases, Executor serial, Runnable onChange) {
        this.name = member.name(self.id());
        this.keys = member.keys();
        this.env = env;
        this.leases = leases;
        this.self = self;
        this.known = self.generation();
        this.calls = new SerialCalls(env.time(), serial);
        this.candidacy = new Candidacy(member.candidate(self.id()), leases, env, serial, this::registration, onChange);
    }

    void establish() {
        candidacy.establish();
    }

    Candidacy.@Nullable Held held() {
        return candidacy.held();
    }

    /** Looks whether the lease and the candidacy still exist. */
    void check() {
        candidacy.check();
    }

    /** The newest generation that this member knows. */
    long known() {
        return known;
    }

    private String registration(Leases.Lease lease) {
        // An earlier process of this id wrote its key later than its lease was granted, so its number is lower.
        incarnation = incarnation == 0 ? lease.revision() : incarnation;
        stated = known;
        return MemberJson.write(
                new MemberState(self.id(), self.phase(), self.weight(), self.zone(), stated), incarnation);
    }

    void announce(MemberState next) {
        if (!next.id().equals(self.id())) {
            LOG.error(
                    "{}: announced itself as {}, expected the id with which it began; nothing is written", name, next);
            return;
        }
        boolean urgent = next.phase() != self.phase()
                || next.weight() != self.weight()
                || !next.zone().equals(self.zone());
        self = next;
        learn(next.generation());
        if (urgent) {
            candidacy.rewrite();
        }
    }

    /** Takes note of a generation, and states it by and by. */
    void learn(long generation) {
        known = Math.max(known, generation);
        if (known > stated && !calls.scheduled()) {
            calls.schedule((long) (STATED_WITHIN.toNanos() * env.dice().nextDouble()), () -> {
                if (known > stated) {
                    candidacy.rewrite();
                }
            });
        }
    }

    /** etcd was put back to an earlier state: the lease may never have been granted, and the registration be one of before. */
    void restored() {
        offered = SliceMap.DRAFT;
        candidacy.check();
        candidacy.rewrite();
    }

    void report(LoadReport report) {
        unreported = report;
        report();
    }

    /** Writes the last report that is not written yet. */
    void report() {
        LoadReport next = unreported;
        Candidacy.Held held = candidacy.held();
        if (reporting || next == null || held == null) {
            return;
        }
        reporting = true;
        unreported = null;
        calls.then(
                leases.put(
                        keys.load(self.id()),
                        ReportJson.write(next),
                        held.lease().id()),
                written -> {
                    reporting = false;
                    report();
                },
                failure -> {
                    reporting = false;
                    LOG.debug("{}: a report of load is lost: {}", name, failure.getMessage());
                });
    }

    /** Offers an assignment, if the leader asks for it. */
    void offer(@Nullable Entry asking, @Nullable SliceMap map) {
        Candidacy.Held held = candidacy.held();
        if (asking == null || map == null || held == null || offered == map.generation()) {
            return;
        }
        Wanted wanted;
        try {
            wanted = Wanted.parse(asking.value().toByteArray());
        } catch (IOException | IllegalArgumentException bad) {
            LOG.warn("{}: {} is ignored: {}", name, asking.key(), bad.getMessage());
            return;
        }
        if (!wanted.member().equals(self.id()) || wanted.generation() > map.generation()) {
            return;
        }
        offered = map.generation();
        LOG.info("{}: offers the assignment of generation {}", name, SliceHead.name(map.generation()));
        ByteString value = ByteString.copyFrom(SliceMapJson.whole(map));
        Leases.Write write =
                Leases.Write.put(keys.offer(self.id()), value, held.lease().id());
        calls.then(leases.write(List.of(), List.of(write)), written -> {}, failure -> {
            offered = SliceMap.DRAFT;
            LOG.debug("{}: an offer is lost: {}", name, failure.getMessage());
        });
    }

    /** Gives up the candidacy for good and stays registered. */
    void resign() {
        candidacy.resign();
    }

    /** Ends the lease, and with it all keys. */
    CompletableFuture<Void> end() {
        calls.end();
        return candidacy.end();
    }
}
