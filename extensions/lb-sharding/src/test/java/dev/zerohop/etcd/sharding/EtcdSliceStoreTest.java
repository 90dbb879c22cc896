package dev.zerohop.etcd.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.EndpointSet;
import dev.zerohop.Resolver;
import dev.zerohop.SliceMap;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.client.KeyRange;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.support.DocumentedRoles;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.resolver.SliceHead;
import dev.zerohop.sharding.store.LoadReport;
import dev.zerohop.sharding.store.Member;
import dev.zerohop.sharding.store.MemberState;
import dev.zerohop.sharding.store.SliceStore;
import dev.zerohop.sharding.store.SliceStoreContract;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.Permission;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The store in a real etcd, and what becomes of it when etcd pauses, dies, forgets or is put back. */
class EtcdSliceStoreTest extends SliceStoreContract {
    private static final Duration LEASE = Duration.ofSeconds(2);

    @TempDir
    Path directory;

    private final ServiceKeys keys = new ServiceKeys("orders");
    private final List<EtcdClient> clients = new ArrayList<>();
    private final List<Client> followers = new ArrayList<>();
    private EtcdServer etcd;

    @BeforeEach
    void start() {
        etcd = EtcdServer.started(directory);
    }

    @AfterEach
    void stop() {
        followers.forEach(Client::close);
        clients.forEach(EtcdClient::close);
        etcd.close();
    }

    private EtcdClient client() {
        EtcdClient client = EtcdClient.of(etcd.address());
        clients.add(client);
        return client;
    }

    @Override
    protected SliceStore newStore() {
        return EtcdSliceStore.of(client(), "orders", LEASE, true);
    }

    /** A client of the service: all assignments that it followed, in their order. */
    private final class Client implements AutoCloseable {
        final List<SliceMap> followed = new CopyOnWriteArrayList<>();
        final Resolver resolver = client().resolver("orders");

        Client() {
            followers.add(this);
            resolver.start(resolution -> {
                EndpointSet set = resolution.endpoints();
                SliceMap slices = set == null ? null : set.slices();
                if (slices != null && (followed.isEmpty() || followed.get(followed.size() - 1) != slices)) {
                    followed.add(slices);
                }
            });
        }

        long generation() {
            return followed.isEmpty() ? 0 : followed.get(followed.size() - 1).generation();
        }

        void assertNeverBack() {
            assertThat(followed.stream().map(SliceMap::generation).toList())
                    .isSorted()
                    .doesNotHaveDuplicates();
        }

        @Override
        public void close() {
            resolver.close();
        }
    }

    private static void assertNeverBack(Joined member) {
        assertThat(member.views.stream()
                        .map(view -> view.assignment() == null
                                ? 0
                                : view.assignment().generation())
                        .toList())
                .isSorted();
    }

    /** One more assignment, by whoever leads. */
    private void writeOn(Joined leader, int slice) throws Exception {
        SliceMap before = leader.view().assignment();
        boolean done = false;
        while (!done) {
            await(leader::leads);
            before = leader.view().assignment();
            done = before == null
                    ? written(leader.store.write(null, draft(8, A, B)))
                    : written(leader.store.write(before, moved(before, slice % before.size(), slice % 2)));
        }
        long generation = before == null ? 0 : before.generation();
        await(() -> leader.generation() > generation);
    }

    private SliceHead head() {
        return SliceHead.parse(etcd.get(keys.assignmentHead()).getValue().toByteArray());
    }

    @Test
    void theKeysAreThoseOfTheLayout() throws Exception {
        Joined a = join("a");
        await(a::leads);
        writeOn(a, 0);
        writeOn(a, 1);
        Set<String> names = new TreeSet<>();
        String root = "zerohop/v1/services/orders/";
        for (KeyValue pair : etcd.under(root)) {
            String name = pair.getKey().toStringUtf8().substring(root.length());
            names.add(name.startsWith("election/") ? "election/" : name);
            boolean leased = name.startsWith("election/") || name.startsWith("members/");
            assertThat(pair.getLease() != 0).as(name).isEqualTo(leased);
        }
        assertThat(names)
                .containsExactly(
                        "assignment/base/1", "assignment/delta/2", "assignment/head", "election/", "members/a");
        assertThat(etcd.get(keys.assignmentHead()).getValue().toStringUtf8())
                .isEqualTo("{\"epoch\":1,\"base\":1,\"number\":2}");
        assertThat(a.generation())
                .isEqualTo((1L << 40) + etcd.get(keys.assignmentHead()).getModRevision());
        assertThat(etcd.get(keys.member("a")).getValue().toStringUtf8())
                .startsWith("{\"phase\":\"READY\",\"weight\":1,");
    }

    @Test
    void aClientFollowsWhatTheMembersWrite() throws Exception {
        Client early = new Client();
        Joined a = join("a");
        await(a::leads);
        for (int i = 0; i < 5; i++) {
            writeOn(a, i);
        }
        await(() -> early.generation() == a.generation());
        Client late = new Client();
        await(() -> late.generation() == a.generation());
        assertThat(late.followed).hasSize(1);
        assertThat(late.followed.get(0)).isEqualTo(assignment(a));
        assertThat(early.followed.get(early.followed.size() - 1)).isEqualTo(assignment(a));
        early.assertNeverBack();
    }

    @Test
    void whatTheDeltasHaveBecomeTooLongForIsWrittenAsABaseAndTheOldOnesGo() throws Exception {
        Client client = new Client();
        Joined a = join("a");
        await(a::leads);
        writeOn(a, 0);
        int writes = 1;
        long longest = 0;
        while (head().base() == 1) {
            writeOn(a, writes++);
            longest = Math.max(
                    longest,
                    etcd.under(keys.assignmentDeltas()).stream()
                            .mapToLong(delta -> delta.getValue().size())
                            .sum());
        }
        assertThat(head()).isEqualTo(new SliceHead(1, writes, writes));
        assertThat(etcd.under(keys.assignmentDeltas())).isEmpty();
        List<KeyValue> bases = etcd.under(keys.assignment() + "base/");
        assertThat(bases).hasSize(1);
        long base = bases.get(0).getValue().size();
        assertThat(longest).isBetween(2 * base, (AssignmentWriter.DELTAS_PER_BASE + 1) * base);
        await(() -> client.generation() == a.generation());
        Client late = new Client();
        await(() -> late.generation() == a.generation());
        assertThat(late.followed.get(0)).isEqualTo(assignment(a));
        client.assertNeverBack();
    }

    /** What the page says of sizes: an assignment of a thousand members, as large as they become. */
    @Test
    void aThousandMembersFitIntoOneRequest() throws Exception {
        Joined a = join("a");
        await(a::leads);
        Random random = new Random(7);
        List<SliceMap.Owner> owners = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            owners.add(new SliceMap.Owner("orders-" + i, 1_000_000 + i));
        }
        Set<Long> lows = new TreeSet<>(Long::compareUnsigned);
        for (long i = 0; i < 32_768; i++) {
            lows.add(i << 49);
        }
        while (lows.size() < 33_600) {
            lows.add(random.nextLong());
        }
        SliceMap.Builder builder = SliceMap.builder().owners(owners);
        lows.forEach(low -> builder.slice(low, SliceMap.DRAFT, random.nextInt(1_000) / 10.0, random.nextInt(1_000)));
        assertThat(written(a.store.write(null, builder.build()))).isTrue();
        await(() -> a.generation() > 0);
        KeyValue base = etcd.get(keys.assignmentBase(1));
        assertThat(base.getValue().byteAt(0)).isEqualTo((byte) 0x78);
        assertThat(base.getValue().size()).isBetween(100_000, 400_000);

        SliceMap before = assignment(a);
        SliceMap.Builder after = SliceMap.builder().owners(owners.subList(1, 1_000));
        List<SliceMap.Owner> present = before.owners();
        int moves = 0;
        for (int i = 0; i < before.size(); i++) {
            String owner = present.get(before.owner(i, 0)).id();
            boolean moved = owner.equals("orders-0");
            moves += moved ? 1 : 0;
            after.slice(
                    before.low(i),
                    moved ? SliceMap.DRAFT : before.since(i),
                    before.load(i),
                    moved ? random.nextInt(999) : after.place(owner));
        }
        assertThat(written(a.store.write(before, after.build()))).isTrue();
        await(() -> a.generation() > before.generation());
        KeyValue delta = etcd.get(keys.assignmentDelta(2));
        assertThat(moves).isBetween(15, 60);
        assertThat(delta.getValue().size()).isBetween(500, 3_000);
        Client client = new Client();
        await(() -> client.generation() == a.generation());
        assertThat(client.followed.get(0)).isEqualTo(assignment(a));
    }

    @Test
    void aMemberThatDiesIsGoneWhenItsLeaseEndsAndAnotherOneLeads() throws Exception {
        Joined a = join("a");
        await(a::leads);
        writeOn(a, 0);
        Joined b = join("b");
        await(() -> a.members().size() == 2);
        clients.get(0).close();
        await(b::leads);
        assertThat(b.members()).containsExactly("b");
        writeOn(b, 1);
        assertNeverBack(b);
    }

    @Test
    void aPausedEtcdIsSaidAndNobodyLeadsBeyondItsLease() throws Exception {
        Joined a = join("a");
        await(a::leads);
        Joined b = join("b");
        writeOn(a, 0);
        await(() -> b.generation() == a.generation());
        long generation = a.generation();
        etcd.pause();
        await(() -> !a.leads() && a.view().error() != null && b.view().error() != null);
        assertThat(a.generation()).isEqualTo(generation);
        assertThat(written(a.store.write(assignment(a), moved(assignment(a), 1, 1))))
                .isFalse();
        etcd.resume();
        await(() ->
                (a.leads() || b.leads()) && a.view().error() == null && b.view().error() == null);
        writeOn(a.leads() ? a : b, 1);
        await(() -> a.generation() == b.generation() && a.generation() > generation);
        assertNeverBack(a);
        assertNeverBack(b);
    }

    @Test
    void aKilledEtcdThatComesBackGoesOnWhereItStopped() throws Exception {
        Client client = new Client();
        Joined a = join("a");
        await(a::leads);
        writeOn(a, 0);
        writeOn(a, 1);
        etcd.kill();
        await(() -> a.view().error() != null);
        etcd.start();
        await(() -> a.view().error() == null);
        writeOn(a, 2);
        await(() -> client.generation() == a.generation());
        assertThat(SliceHead.epoch(a.generation())).isEqualTo(1);
        client.assertNeverBack();
    }

    @Test
    void anEtcdThatWasPutBackGetsTheNewestAssignmentAgainAndNobodyGoesBack() throws Exception {
        Client client = new Client();
        Joined a = join("a");
        Joined b = join("b");
        await(() -> a.leads() || b.leads());
        Joined leader = a.leads() ? a : b;
        writeOn(leader, 0);
        etcd.backUp();
        await(() -> (a.leads() || b.leads()) && leader.view().error() == null);
        Joined later = a.leads() ? a : b;
        writeOn(later, 1);
        writeOn(later, 2);
        writeOn(later, 3);
        SliceMap newest = assignment(later);
        await(() -> client.generation() == newest.generation() && a.generation() == b.generation());

        etcd.restore();
        await(() -> SliceHead.epoch(a.generation()) == 2 && SliceHead.epoch(b.generation()) == 2);
        assertThat(assignment(a).placesAs(newest)).isTrue();
        await(() -> client.generation() == a.generation());
        assertThat(head().epoch()).isEqualTo(2);
        await(() -> a.leads() || b.leads());
        writeOn(a.leads() ? a : b, 4);
        await(() -> client.generation() == a.generation() && a.generation() == b.generation());
        client.assertNeverBack();
        assertNeverBack(a);
        assertNeverBack(b);
    }

    @Test
    void anEtcdThatForgotEverythingIsToldByAMemberThatCannotLead() throws Exception {
        Client client = new Client();
        Joined follower = join("follower", EtcdSliceStore.of(client(), "orders", LEASE, false));
        Joined a = join("a");
        await(a::leads);
        for (int i = 0; i < 4; i++) {
            writeOn(a, i);
        }
        SliceMap newest = assignment(a);
        await(() -> follower.generation() == newest.generation() && client.generation() == newest.generation());
        a.store.leave().get(60, TimeUnit.SECONDS);
        etcd.kill();
        etcd.wipe();
        etcd.start();

        Joined fresh = join("fresh");
        await(() -> SliceHead.epoch(fresh.generation()) == 2);
        assertThat(assignment(fresh).placesAs(newest)).isTrue();
        assertThat(etcd.get(keys.assignmentWanted())).isNull();
        await(() -> follower.generation() == fresh.generation() && client.generation() == fresh.generation());
        writeOn(fresh, 5);
        await(() -> client.generation() == fresh.generation());
        client.assertNeverBack();
        assertNeverBack(follower);
    }

    @Test
    void aGenerationThatNobodyOffersIsWaitedForAndThenSurpassed() throws Exception {
        long lost = SliceHead.generation(3, 77);
        etcd.put(
                keys.member("ghost"),
                "{\"phase\":\"READY\",\"weight\":1,\"zone\":\"\",\"generation\":" + lost + ",\"incarnation\":5}");
        Joined a = join("a");
        await(a::leads);
        assertThat(written(a.store.write(null, draft(4, A)))).isFalse();
        await(() -> etcd.get(keys.assignmentWanted()) != null);
        assertThat(etcd.get(keys.assignmentWanted()).getValue().toStringUtf8())
                .isEqualTo("{\"member\":\"ghost\",\"generation\":" + lost + "}");
        writeOn(a, 0);
        assertThat(a.generation()).isGreaterThan(lost);
        assertThat(head()).isEqualTo(new SliceHead(4, 1, 1));
        writeOn(a, 1);
        assertThat(head()).isEqualTo(new SliceHead(4, 1, 2));
    }

    /** An operator's last resort: nobody is left that knows the assignment that clients have. */
    @Test
    void anEpochThatIsPutByHandIsSurpassed() throws Exception {
        etcd.put(keys.assignmentHead(), "{\"epoch\": 5}");
        Joined a = join("a");
        await(a::leads);
        writeOn(a, 0);
        assertThat(head()).isEqualTo(new SliceHead(6, 1, 1));
        etcd.put(keys.assignmentHead(), "?");
        await(() -> SliceHead.epoch(a.generation()) == 7);
        writeOn(a, 1);
        assertThat(head().epoch()).isEqualTo(7);
    }

    /** Whoever believes that it leads writes whenever it can, and the leases end again and again. */
    @Test
    void howeverManyBelieveThatTheyLeadThereIsOneHistory() throws Exception {
        Client client = new Client();
        List<Joined> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            all.add(join("m" + i));
        }
        AtomicInteger made = new AtomicInteger();
        Random random = new Random(11);
        for (int round = 0; round < 60; round++) {
            if (round % 15 == 7) {
                etcd.revokeAllLeases();
            } else if (round % 15 == 12) {
                for (KeyValue candidate : etcd.under(keys.election())) {
                    if (random.nextBoolean()) {
                        etcd.delete(candidate.getKey().toStringUtf8());
                    }
                }
            }
            List<java.util.concurrent.CompletableFuture<Boolean>> writes = new ArrayList<>();
            for (Joined each : all) {
                SliceMap before = each.view().assignment();
                SliceMap next = before == null ? draft(8, A, B) : moved(before, random.nextInt(8), random.nextInt(2));
                writes.add(each.store.write(before, next));
            }
            int wins = 0;
            for (var write : writes) {
                wins += written(write) ? 1 : 0;
            }
            assertThat(wins).isLessThanOrEqualTo(1);
            made.addAndGet(wins);
        }
        await(() -> all.stream().anyMatch(Joined::leads));
        Joined leader = all.stream().filter(Joined::leads).findFirst().orElseThrow();
        writeOn(leader, 1);
        made.incrementAndGet();
        assertThat(made.get()).isGreaterThan(10);
        assertThat(head().epoch()).isEqualTo(1);
        assertThat(head().number()).as("each write is one of the history").isEqualTo(made.get());
        await(() -> client.generation() == leader.generation());
        client.assertNeverBack();
        Set<Long> generations = new HashSet<>();
        for (Joined each : all) {
            await(() -> each.generation() == leader.generation());
            assertThat(assignment(each)).isEqualTo(assignment(leader));
            assertNeverBack(each);
            generations.add(each.generation());
        }
        assertThat(generations).hasSize(1);
    }

    @Test
    void theDocumentedRoleIsEnough() throws Exception {
        etcd.addUser("orders-member", "secret", "orders-member");
        DocumentedRoles.grant(etcd, "orders-member", "orders-member", true);
        etcd.enableAuth("root-secret");
        EtcdClient client = EtcdClient.builder()
                .servers(etcd.address())
                .user("orders-member", "secret")
                .build();
        clients.add(client);
        Joined a = join("a", EtcdSliceStore.of(client, "orders", LEASE, true));
        await(a::leads);
        for (int i = 0; head(a).base() < 2; i++) {
            writeOn(a, i);
        }
        a.store.report(new LoadReport("a", a.generation(), 1_000, List.of(), List.of(), 0));
        await(() -> a.view().reports().size() == 1);
        a.store.resign();
        await(() -> !a.leads());
        a.store.leave().get(60, TimeUnit.SECONDS);
        assertThat(etcd.get(keys.member("a"))).isNull();
    }

    /** A process stays itself: a planner must not take it for another one. */
    @Test
    void aMemberWhoseLeaseEndsComesBackUnderItsNumber() throws Exception {
        Joined a = join("a");
        await(a::leads);
        Joined b = join("b");
        await(() -> a.members().size() == 2);
        List<Member> before = a.view().members();
        b.store.announce(new MemberState("b", MemberState.Phase.DRAINING, 3, "z", 0));
        await(() -> a.view().members().get(1).state().weight() == 3);
        int views = a.views.size();
        etcd.revokeAllLeases();
        await(() -> a.views.subList(views, a.views.size()).stream().anyMatch(view -> !view.leading()));
        await(() -> a.members().size() == 2 || b.members().size() == 2);
        List<Member> after =
                a.members().size() == 2 ? a.view().members() : b.view().members();
        assertThat(after)
                .extracting(Member::incarnation)
                .isEqualTo(before.stream().map(Member::incarnation).toList());
        assertThat(after.get(1).state().phase()).isEqualTo(MemberState.Phase.DRAINING);
    }

    @Test
    void whoMayNotReadTheMembersSaysSoAndDoesNotLead() throws Exception {
        etcd.addUser("half", "secret", "half");
        for (String range : List.of(keys.assignment(), keys.election())) {
            etcd.grant("half", Permission.Type.READWRITE, KeyRange.under(range));
        }
        etcd.grant("half", Permission.Type.READWRITE, KeyRange.key(keys.member("a")));
        etcd.enableAuth("root-secret");
        EtcdClient client = EtcdClient.builder()
                .servers(etcd.address())
                .user("half", "secret")
                .build();
        clients.add(client);
        Joined a = join("a", EtcdSliceStore.of(client, "orders", LEASE, true));
        await(() -> a.view().error() != null);
        assertThat(a.view().error()).contains("may not read").contains("services/orders/members/");
        assertThat(a.view().leader()).isEqualTo("a");
        assertThat(a.leads()).isFalse();
    }

    private SliceHead head(Joined member) {
        return member.generation() == 0 ? new SliceHead(1, 0, 0) : head();
    }

    @Test
    void aLeaseIsOfTheLengthThatEtcdGrants() {
        assertThatThrownBy(() -> EtcdSliceStore.of(client(), "orders", Duration.ofSeconds(1), true))
                .hasMessageContaining("lease was PT1S, expected PT2S to PT1H");
        assertThatThrownBy(() -> EtcdSliceStore.of(client(), "a/b")).hasMessageContaining("service was 'a/b'");
        assertThatThrownBy(() -> EtcdSliceStore.of(client(), "orders").resign()).hasMessageContaining("start() first");
    }
}
