package dev.zerohop.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Endpoint;
import dev.zerohop.Printable;
import dev.zerohop.Resolver;
import dev.zerohop.etcd.client.OpenClients;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.etcd.support.Listening;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GolbZoneTest {
    @TempDir
    Path directory;

    @Test
    void aZoneIsFollowedOverOneCopyAndOutlivesEtcd() throws Exception {
        EtcdServer etcd = EtcdServer.stopped(directory);
        List<String> heard = new CopyOnWriteArrayList<>();
        try (etcd;
                EtcdClient client = EtcdClient.of(etcd.address());
                GolbZone zone = GolbZone.follow(client, "zone-b", new GolbZone.Listener() {
                    @Override
                    public void onLost(String reason) {
                        heard.add("lost");
                    }

                    @Override
                    public void onAnswer() {
                        heard.add("answers");
                    }
                })) {
            assertThat(zone.functions()).isNull();
            EtcdServer.await().until(() -> heard.contains("lost"));
            etcd.start();
            zone.read().get(60, TimeUnit.SECONDS);
            assertThat(zone.functions()).isEmpty();
            etcd.put("golb/function/zone-b/f", "{\"ips\": [\"10.0.0.9\", \"10.0.0.1\"], \"weights\": [3, 1]}");
            etcd.put("golb/function/zone-b/bad", "{");
            etcd.put("golb/function/zone-b/too/deep", "{}");
            etcd.put("golb/function/zone-b2/other", "{\"ips\": [\"10.0.0.1\"], \"weights\": [1]}");
            EtcdServer.await().until(() -> Set.of("f", "bad").equals(zone.functions()));
            Listening f = new Listening();
            Listening bad = new Listening();
            Resolver ofF = zone.resolver("f");
            Resolver ofBad = zone.resolver("bad");
            ofF.start(f);
            ofBad.start(bad);
            f.awaitWeights(Map.of("10.0.0.9:80", 3, "10.0.0.1:80", 1));
            assertThat(f.last().endpoints())
                    .as("each has its place in the list")
                    .extracting(endpoint ->
                            endpoint.id() + " " + endpoint.attributes().get(Endpoint.ORDER))
                    .containsExactly("10.0.0.1:80 1", "10.0.0.9:80 0");
            EtcdServer.await().until(() -> !bad.errors.isEmpty());
            assertThat(bad.sets).isEmpty();
            assertThat(OpenClients.copies(client)).isEqualTo(1);
            etcd.kill();
            EtcdServer.await().until(() -> heard.size() >= 3);
            assertThat(heard).containsExactly("lost", "answers", "lost");
            assertThat(zone.functions()).containsExactlyInAnyOrder("f", "bad");
            etcd.start();
            etcd.delete("golb/function/zone-b/f");
            EtcdServer.await().until(() -> Set.of("bad").equals(zone.functions()));
            f.awaitWeights(Map.of());
            ofF.close();
            ofBad.close();
        }
    }

    @Test
    void aListenerThatThrowsDelaysNothing() throws Exception {
        List<String> heard = new CopyOnWriteArrayList<>();
        try (EtcdServer etcd = EtcdServer.started(directory);
                EtcdClient client = EtcdClient.of(etcd.address());
                GolbZone zone = GolbZone.follow(client, "zone-b", new GolbZone.Listener() {
                    @Override
                    public void onAnswer() {
                        heard.add("answers");
                        throw new IllegalStateException("from the listener");
                    }

                    @Override
                    public void onFunctions(Set<String> functions) {
                        heard.add(functions.toString());
                        throw new IllegalStateException("from the listener");
                    }
                })) {
            zone.read().get(60, TimeUnit.SECONDS);
            etcd.put("golb/function/zone-b/f", "{\"ips\": [\"10.0.0.9\"], \"weights\": [3]}");
            EtcdServer.await().until(() -> heard.contains("[f]"));
            assertThat(heard).containsExactly("answers", "[]", "[f]");
        }
    }

    @Test
    void aRejectedValueIsReportedAndListedInTheStatusKeyBeforeItsFirstUse() throws Exception {
        List<String> heard = new CopyOnWriteArrayList<>();
        try (EtcdServer etcd = EtcdServer.started(directory);
                EtcdClient client = EtcdClient.of(etcd.address());
                GolbZone zone = GolbZone.follow(client, "zone-b", new GolbZone.Listener() {
                    @Override
                    public void onRejected(String reason) {
                        heard.add(reason);
                    }
                })) {
            etcd.put("golb/function/zone-b/go", "{\"IPS\": [\"10.0.0.9\"], \"Weights\": [3]}");
            etcd.put("golb/function/zone-b/bad", "{\"ips\": [\"10.0.0.9\"], \"weights\": [-1]}");
            EtcdServer.await().until(() -> heard.size() == 1);
            assertThat(heard.get(0)).contains("golb/function/zone-b/bad").contains("weights[0] was -1");
            EtcdServer.await()
                    .until(() -> etcd.under("zerohop/v1/golb/zone-b/status/").size() == 1);
            assertThat(etcd.under("zerohop/v1/golb/zone-b/status/")
                            .get(0)
                            .getValue()
                            .toStringUtf8())
                    .contains("weights[0] was -1");
            etcd.put("golb/function/zone-b/bad", "{\"ips\": [\"10.0.0.9\"], \"weights\": [1]}");
            EtcdServer.await()
                    .until(() -> etcd.under("zerohop/v1/golb/zone-b/status/").isEmpty());
            Listening go = new Listening();
            try (Resolver ofGo = zone.resolver("go")) {
                ofGo.start(go);
                go.awaitWeights(Map.of("10.0.0.9:80", 3));
            }
        }
    }

    @Test
    void aFunctionWhoseNameSteersIsNoneAndIsNamedInPrintableForm() throws Exception {
        List<String> heard = new CopyOnWriteArrayList<>();
        try (EtcdServer etcd = EtcdServer.started(directory);
                EtcdClient client = EtcdClient.of(etcd.address());
                GolbZone zone = GolbZone.follow(client, "zone-b", new GolbZone.Listener() {
                    @Override
                    public void onRejected(String reason) {
                        heard.add(reason);
                    }
                })) {
            etcd.put(
                    "golb/function/zone-b/a\u001b]52;c;aGk=\u0007\nINJECTED",
                    "{\"ips\": [\"10.0.0.9\"], \"weights\": [3]}");
            etcd.put("golb/function/zone-b/go", "{\"ips\": [\"10.0.0.9\"], \"weights\": [3]}");
            EtcdServer.await().until(() -> Set.of("go").equals(zone.functions()) && heard.size() == 1);
            assertThat(heard.get(0))
                    .startsWith("golb/function/zone-b/a\\u001b]52;c;aGk=\\u0007 INJECTED at revision ")
                    .contains("the name of the function was 'a\\u001b]52;c;aGk=\\u0007\\u000aINJECTED'");
            EtcdServer.await()
                    .until(() -> etcd.under("zerohop/v1/golb/zone-b/status/").size() == 1);
            String status = etcd.under("zerohop/v1/golb/zone-b/status/")
                    .get(0)
                    .getValue()
                    .toStringUtf8();
            assertThat(status).isEqualTo(Printable.text(status));
        }
    }

    @Test
    void namesWithASlashAreRefused() {
        try (EtcdClient client = EtcdClient.of("127.0.0.1:1")) {
            assertThatThrownBy(() -> GolbZone.follow(client, "a/b", new GolbZone.Listener() {}))
                    .hasMessage("zone was 'a/b', expected a name that is not blank and has no slash");
            try (GolbZone zone = GolbZone.follow(client, "a", new GolbZone.Listener() {})) {
                assertThatThrownBy(() -> zone.resolver("x/y"))
                        .hasMessage("function was 'x/y', expected a name that is not blank and has no slash");
            }
        }
    }
}
