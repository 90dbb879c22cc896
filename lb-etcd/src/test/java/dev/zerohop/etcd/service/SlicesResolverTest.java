package dev.zerohop.etcd.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.SliceMap;
import dev.zerohop.Target;
import dev.zerohop.etcd.client.FakeSource;
import dev.zerohop.etcd.client.FakeStore;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.resolver.ManualResolver;
import dev.zerohop.resolver.SliceHead;
import dev.zerohop.resolver.SliceMapJson;
import dev.zerohop.testing.ResolutionRecorder;
import dev.zerohop.testing.ResolverContract;
import dev.zerohop.testing.ScriptedResolver;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class SlicesResolverTest extends ResolverContract {
    private final ServiceKeys keys = new ServiceKeys("orders");
    private final FakeSource etcd = new FakeSource(env);
    private final FakeStore store = etcd.store;
    private final ScriptedResolver members = new ScriptedResolver();
    private final ResolutionRecorder heard = new ResolutionRecorder();

    private Resolver over(Resolver source) {
        return new SlicesResolver("sliced", source, etcd.source, new ServiceKeys("orders"));
    }

    @Override
    protected Resolver resolverOver(List<Endpoint> endpoints) {
        ManualResolver source = new ManualResolver("members", env);
        source.set(endpoints);
        return over(source);
    }

    private static Endpoint endpoint(String id) {
        return Endpoint.builder("10.0.0.1", 80).id(id).build();
    }

    private void assign(long number, String owner) {
        SliceMap map = SliceMap.builder()
                .owners(List.of(new SliceMap.Owner(owner, 1)))
                .slice(0, SliceMap.DRAFT, 0, 0)
                .build();
        store.put(keys.assignmentBase(number), new String(SliceMapJson.base(map), StandardCharsets.UTF_8));
        store.put(keys.assignmentHead(), new String(new SliceHead(1, number, number).write(), StandardCharsets.UTF_8));
    }

    private String owner() {
        SliceMap slices = heard.last().slices();
        return slices == null ? "none" : slices.owners().get(slices.owner(0, 0)).id();
    }

    @Test
    void theMembersComeWithTheAssignmentAndFollowIt() {
        assign(1, "a");
        try (Resolver resolver = over(members)) {
            resolver.start(heard);
            members.push(endpoint("a"), endpoint("b"));
            assertThat(heard.sets).hasSize(1);
            assertThat(owner()).isEqualTo("a");
            assign(2, "b");
            assertThat(owner()).isEqualTo("b");
            assertThat(heard.last().slices().generation()).isEqualTo((1L << 40) + 4);
            members.push(endpoint("a"));
            assertThat(owner()).isEqualTo("b");
        }
        assertThat(etcd.uses).isZero();
        assertThat(members.running()).isFalse();
    }

    @Test
    void whileEtcdIsAwayTheLastAssignmentStaysAndMembersGoOn() {
        assign(1, "a");
        try (Resolver resolver = over(members)) {
            resolver.start(heard);
            members.push(endpoint("a"));
            store.goAway();
            members.push(endpoint("a"), endpoint("b"));
            assertThat(owner()).isEqualTo("a");
            assertThat(heard.last().endpoints()).hasSize(2);
            assertThat(heard.errors).isEmpty();
        }
    }

    @Test
    void withoutAnAssignmentTheMembersWaitNoLongerThanForWeights() {
        store.silent = true;
        try (Resolver resolver = over(members)) {
            resolver.start(heard);
            members.push(endpoint("a"));
            assertThat(heard.sets).isEmpty();
            time.advance(OverlayResolver.PATIENCE);
            assertThat(owner()).isEqualTo("none");
        }
    }

    @Test
    void theTargetFormNamesTheMembersTarget() {
        Target target = Target.parse("etcd-slices://fake:2379/orders?of=k8s-of-a-test%3A%2F%2F%2Fshop%2Forders%3Ahttp");
        assertThatThrownBy(() -> target.newResolver(Env.system())).hasMessageContaining("k8s-of-a-test");
        Target other = Target.parse("etcd-slices://fake:2379/orders?of=static%3A%2F%2F%2F10.0.0.1%3A80");
        other.newResolver(Env.system()).close();
        assertThatThrownBy(() -> Target.parse("etcd-slices://fake:2379/orders").newResolver(env))
                .hasMessageContaining("found no parameter 'of', expected one name, the service, as in etcd-slices");
        assertThatThrownBy(() -> Target.parse("etcd-slices://fake:2379/orders?of=etcd%3A%2F%2Ffake:2379%2Fa")
                        .newResolver(env))
                .hasMessageContaining("expected a target of another source");
    }

    @Test
    void aRejectedAssignmentIsReportedAndTheLastGoodOneStays() {
        assign(1, "a");
        try (Resolver resolver = over(members)) {
            resolver.start(heard);
            members.push(endpoint("a"));
            store.put(keys.assignmentHead(), "{\"epoch\": 1, \"base\": 7, \"number\": 7}");
            assertThat(owner()).isEqualTo("a");
            assertThat(heard.rejected).hasSize(1);
            assertThat(etcd.statuses.get("orders")).hasSize(1);
        }
        assertThat(etcd.statuses.get("orders")).isEmpty();
    }
}
