package dev.zerohop.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.ShardCount;
import dev.zerohop.Target;
import dev.zerohop.etcd.client.OpenClients;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.etcd.support.Listening;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Targets against a real etcd. */
class EtcdTargetsTest {
    @TempDir
    static Path directory;

    private static EtcdServer etcd;

    @BeforeAll
    static void start() {
        etcd = EtcdServer.started(directory);
    }

    @AfterAll
    static void stop() {
        etcd.close();
    }

    private static Resolver resolver(String form) {
        return Target.parse(form.replace("HOST", etcd.address())).newResolver(Env.system());
    }

    private static void endpoint(String service, String id, String json) {
        etcd.put(new ServiceKeys(service).endpoint(id), json);
    }

    @Test
    void aServiceIsFollowed() {
        endpoint("followed", "a", "{\"address\": \"10.0.0.1:80\", \"weight\": 2, \"zone\": \"z1\", \"ordinal\": 0}");
        Listening heard = new Listening();
        try (Resolver resolver = resolver("etcd://HOST/followed")) {
            resolver.start(heard);
            heard.awaitWeights(Map.of("a", 2));
            Endpoint a = heard.last().endpoints().get(0);
            assertThat(a.zone()).isEqualTo("z1");
            assertThat(a.ordinal()).isZero();
            assertThat(heard.last().removals()).isEqualTo(EndpointSet.Removals.GUARDED);
            endpoint("followed", "b", "{\"address\": \"10.0.0.2:80\"}");
            heard.awaitWeights(Map.of("a", 2, "b", 1));
            endpoint("followed", "b", "{\"address\": \"10.0.0.2:80\", \"draining\": true}");
            EtcdServer.await().until(() -> heard.last().endpoints().get(1).readiness() == Endpoint.Readiness.DRAINING);
            etcd.delete(new ServiceKeys("followed").endpoint("a"));
            heard.awaitWeights(Map.of("b", 1));
            assertThat(heard.last().version()).isEqualTo(etcd.revision());
        }
    }

    @Test
    void whatAGolbTargetRejectsStandsInTheStatusKeyOfItsZoneUntilItEnds() {
        etcd.put("golb/function/rejecting/f", "{\"ips\": [\"10.0.0.1\"], \"weights\": [3]}");
        Listening heard = new Listening();
        try (Resolver resolver = resolver("golb://HOST/rejecting/f")) {
            resolver.start(heard);
            EtcdServer.await().until(() -> !heard.sets.isEmpty());
            assertThat(etcd.under("zerohop/v1/golb/rejecting/status/")).isEmpty();
            etcd.put("golb/function/rejecting/f", "{\"ips\": [\"10.0.0.1\"], \"weights\": [-3]}");
            EtcdServer.await()
                    .until(() -> etcd.under("zerohop/v1/golb/rejecting/status/").size() == 1);
            assertThat(etcd.under("zerohop/v1/golb/rejecting/status/")
                            .get(0)
                            .getValue()
                            .toStringUtf8())
                    .contains("\"key\":\"golb/function/rejecting/f\"", "weights[0] was -3", "\"lastGoodInForce\":true");
        }
        EtcdServer.await()
                .until(() -> etcd.under("zerohop/v1/golb/rejecting/status/").isEmpty());
    }

    /** The right to write a key is not one to write into the logs and onto the terminals of its readers. */
    @Test
    void textsThatWouldSteerATerminalAreRejectedAndReportedEscaped() {
        endpoint("hostile", "a", "{\"address\": \"10.0.0.1:80\"}");
        Listening heard = new Listening();
        try (Resolver resolver = resolver("etcd://HOST/hostile")) {
            resolver.start(heard);
            heard.awaitWeights(Map.of("a", 1));
            endpoint(
                    "hostile", "b", "{\"address\": \"10.0.0.2:80\", \"zone\": \"z\\u001b]52;c;aGk=\\u0007\\nforged\"}");
            EtcdServer.await().until(() -> !heard.rejected.isEmpty());
            etcd.put(new ServiceKeys("hostile").endpoints() + "c\u009b31m", "{\"address\": \"10.0.0.3:80\"}");
            EtcdServer.await().until(() -> heard.rejected.size() == 2);
            endpoint("hostile", "d", "{\"address\": \"10.0.0.4:80\"}");
            EtcdServer.await().until(() -> heard.weights().containsKey("d"));
            assertThat(heard.weights()).isEqualTo(Map.of("a", 1, "d", 1));
            assertThat(heard.rejected.get(0))
                    .contains("zone was 'z\\u001b]52;c;aGk=\\u0007\\u000aforged', expected a text without");
            assertThat(heard.rejected.get(1)).contains("c\\u009b31m");
            assertThat(String.join("", heard.rejected)).doesNotContainPattern("[\\p{Cc}]");
        }
    }

    @Test
    void weightsShardsAndConfigurationAreFollowed() {
        ServiceKeys keys = new ServiceKeys("tuned");
        endpoint("tuned", "a", "{\"address\": \"10.0.0.1:80\"}");
        endpoint("tuned", "b", "{\"address\": \"10.0.0.2:80\", \"weight\": 5}");
        etcd.put(keys.weights(), "{\"a\": 7, \"nobody\": 3}");
        etcd.put(keys.shards(), "{\"epoch\": 1, \"count\": 4}");
        etcd.put(keys.config(), "{\"policy\": \"random\"}");
        Listening heard = new Listening();
        try (Resolver resolver = resolver("etcd://HOST/tuned")) {
            resolver.start(heard);
            heard.awaitWeights(Map.of("a", 7, "b", 5));
            assertThat(heard.sets).as("everything is read at one revision").hasSize(1);
            assertThat(heard.last().shards()).isEqualTo(new ShardCount(4, 0));
            assertThat(heard.configurations).containsExactly("{\"policy\": \"random\"}");
            etcd.put(keys.weights(), "{\"a\": 0}");
            heard.awaitWeights(Map.of("a", 0, "b", 5));
            etcd.put(keys.weights(), "{\"a\": -1}");
            etcd.put(keys.shards(), "{\"epoch\": 2, \"count\": 8}");
            EtcdServer.await()
                    .until(() -> new ShardCount(8, 0).equals(heard.last().shards()));
            assertThat(heard.weights()).isEqualTo(Map.of("a", 0, "b", 5));
            etcd.delete(keys.weights());
            heard.awaitWeights(Map.of("a", 1, "b", 5));
        }
    }

    @Test
    void otherKeysOfTheServiceAndServicesOfASimilarNameAreNotSeen() {
        endpoint("near", "a", "{\"address\": \"10.0.0.1:80\"}");
        endpoint("near-by", "b", "{\"address\": \"10.0.0.2:80\"}");
        etcd.put("zerohop/v1/services/near/health/a", "{}");
        Listening heard = new Listening();
        try (Resolver resolver = resolver("etcd://HOST/near")) {
            resolver.start(heard);
            heard.awaitWeights(Map.of("a", 1));
        }
    }

    @Test
    void bytesThatAreNoTextAreRefusedAndTheLastGoodStays() {
        ServiceKeys keys = new ServiceKeys("bytes");
        endpoint("bytes", "a", "{\"address\": \"10.0.0.1:80\", \"weight\": 3}");
        etcd.put(keys.config(), "{}");
        Listening heard = new Listening();
        try (Resolver resolver = resolver("etcd://HOST/bytes")) {
            resolver.start(heard);
            heard.awaitWeights(Map.of("a", 3));
            etcd.putBytes(keys.endpoint("a"), new byte[] {(byte) 0xff, 0, (byte) 0xfe});
            etcd.putBytes(keys.config(), new byte[] {(byte) 0xff});
            endpoint("bytes", "b", "{\"address\": \"10.0.0.2:80\"}");
            heard.awaitWeights(Map.of("a", 3, "b", 1));
            assertThat(heard.configurations).containsExactly("{}");
            assertThat(heard.errors).isEmpty();
        }
    }

    @Test
    void aGolbFunctionIsFollowedInItsExactZone() {
        etcd.put("golb/function/zone-b/f", "{\"ips\": [\"10.0.0.1\", \"10.0.0.2:8080\"], \"weights\": [3, 0]}");
        etcd.put("golb/function/zone-b2/f", "{\"ips\": [\"10.0.0.9\"], \"weights\": [1]}");
        Listening heard = new Listening();
        try (Resolver resolver = resolver("golb://HOST/zone-b/f")) {
            resolver.start(heard);
            heard.awaitWeights(Map.of("10.0.0.1:80", 3, "10.0.0.2:8080", 0));
            etcd.put("golb/function/zone-b/f", "{\"ips\": [\"10.0.0.1\"], \"weights\": [1, 2]}");
            etcd.put("golb/function/zone-b/f", "{\"ips\": [\"10.0.0.3\"], \"weights\": [4]}");
            heard.awaitWeights(Map.of("10.0.0.3:80", 4));
            assertThat(heard.last().removals()).isEqualTo(EndpointSet.Removals.MEANT);
            etcd.delete("golb/function/zone-b/f");
            heard.awaitWeights(Map.of());
            etcd.put("golb/function/zone-b/f", "{\"ips\": [\"10.0.0.3\"], \"weights\": [4]}");
            heard.awaitWeights(Map.of("10.0.0.3:80", 4));
        }
    }

    @Test
    void aFunctionThatWasNeverWrittenHasNoEndpoints() {
        Listening heard = new Listening();
        try (Resolver resolver = resolver("golb://HOST/zone-b/absent")) {
            resolver.start(heard);
            heard.awaitWeights(Map.of());
            assertThat(heard.errors).isEmpty();
        }
    }

    @Test
    void subscribersOfTheSameKeysShareOneCopyAndTheClientEndsWithItsLastUse() {
        try (EtcdClient client = EtcdClient.of(etcd.address())) {
            Listening one = new Listening();
            Listening two = new Listening();
            Resolver first = client.resolver("shared");
            Resolver second = client.resolver("shared");
            first.start(one);
            second.start(two);
            endpoint("shared", "a", "{\"address\": \"10.0.0.1:80\"}");
            one.awaitWeights(Map.of("a", 1));
            two.awaitWeights(Map.of("a", 1));
            assertThat(OpenClients.copies(client))
                    .as("of the endpoints and of the verdicts")
                    .isEqualTo(2);
            first.close();
            endpoint("shared", "b", "{\"address\": \"10.0.0.2:80\"}");
            two.awaitWeights(Map.of("a", 1, "b", 1));
            assertThat(one.weights()).isEqualTo(Map.of("a", 1));
            second.close();
            EtcdServer.await().until(() -> OpenClients.copies(client) == 0);
        }
        int before = OpenClients.ofTheProcess();
        Resolver resolver = resolver("etcd://HOST/shared");
        resolver.start(new Listening());
        EtcdServer.await().until(() -> OpenClients.ofTheProcess() == before + 1);
        resolver.close();
        EtcdServer.await().until(() -> OpenClients.ofTheProcess() == before);
    }

    @Test
    void aStormOfChangesEndsInTheSameStateInEveryClient() {
        Random random = new Random(42);
        Map<String, Integer> expected = new TreeMap<>();
        List<EtcdClient> clients = new ArrayList<>();
        List<Listening> heard = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            EtcdClient client = EtcdClient.of(etcd.address());
            Listening listening = new Listening();
            clients.add(client);
            heard.add(listening);
            client.resolver("storm").start(listening);
        }
        for (int i = 0; i < 600; i++) {
            String id = "s" + random.nextInt(100);
            if (random.nextInt(3) == 0) {
                etcd.delete(new ServiceKeys("storm").endpoint(id));
                expected.remove(id);
            } else {
                endpoint("storm", id, "{\"address\": \"10.0.0.1:80\", \"weight\": " + i + "}");
                expected.put(id, i);
            }
        }
        heard.forEach(listening -> listening.awaitWeights(expected));
        clients.forEach(EtcdClient::close);
    }

    @Test
    void theNextServerIsAskedWhenOneDoesNotAnswer() {
        endpoint("several", "a", "{\"address\": \"10.0.0.1:80\"}");
        int dead = EtcdServer.stopped(directory).port();
        Listening heard = new Listening();
        try (Resolver resolver = resolver("etcd://127.0.0.1:" + dead + ",HOST,127.0.0.1:" + dead + "/several")) {
            resolver.start(heard);
            heard.awaitWeights(Map.of("a", 1));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "etcd:///orders | 7 | found ''",
                "etcd://h/orders | 7 | found 'h'",
                "etcd://h:0/orders | 7 | found 'h:0'",
                "etcd://h:70000/orders | 7 | found 'h:70000'",
                "etcd://h:1,/orders | 11 | found ''",
                "etcd://h:1,b:x/orders | 11 | found 'b:x'",
                "etcd://h h:1/orders | 7 | found 'h h:1'",
                "etcd://10.0.0.256:1/orders | 7 | found '10.0.0.256:1'",
                "etcd://h:1 | 10 | found no path",
                "etcd://h:1/ | 11 | found no path",
                "etcd://h:1/a/b | 11 | found 'a/b'",
                "etcd://h:1/a%2Fb | 11 | found 'a%2Fb'",
                "etcd://h:1/a?x=1 | 12 | found '?x=1'",
                "golb://h:1/zone | 11 | found 'zone'",
                "golb://h:1/zone/ | 11 | found 'zone/'",
                "golb://h:1/z/f/x | 11 | found 'z/f/x'",
            })
    void aBadTargetIsRefusedWithPositionAndExpectation(String target, int position, String found) {
        assertThatThrownBy(() -> Target.parse(target).newResolver(Env.system()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at position " + position + ":")
                .hasMessageContaining(found)
                .hasMessageContaining("expected");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "etcd://etcd-0:1,localhost:2/orders",
                "etcd://10.0.0.1:1/orders",
                "etcd://[::1]:2379/o",
                "etcd://%5B::1%5D:2379,b.example:1/o",
                "golb://h:1/z/f"
            })
    void aGoodTargetIsTaken(String target) {
        Target.parse(target).newResolver(Env.system()).close();
    }

    @Test
    void theTlsNameOfAnEtcdTargetIsTheService() {
        Target target = Target.parse("etcd://h:1/orders");
        assertThat(target.provider().tlsName(target)).isEqualTo("orders");
    }
}
