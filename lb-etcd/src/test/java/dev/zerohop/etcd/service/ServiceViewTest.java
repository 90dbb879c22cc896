package dev.zerohop.etcd.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.zerohop.Endpoint;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardMap;
import dev.zerohop.etcd.client.ClientId;
import dev.zerohop.etcd.client.FakeSource;
import dev.zerohop.etcd.client.KeyStore;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.golb.GolbView;
import dev.zerohop.testing.FakeTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServiceViewTest {
    private static final ClientId CLIENT = new ClientId("client-1");

    private final ServiceKeys keys = new ServiceKeys("orders");
    private final ServiceView view =
            new ServiceView(keys, CLIENT, Aliases.of(new FakeSource(new FakeTime().env()).source, "orders"));
    private final Map<String, KeyStore.Entry> entries = new HashMap<>();
    private long revision = 1;

    private View.Content put(String key, String value) {
        entries.put(key, new KeyStore.Entry(key, ByteString.copyFromUtf8(value), ++revision));
        return view.read(entries);
    }

    @Test
    void theWeightsOverrideWhatTheEndpointsSay() {
        put(keys.endpoint("a"), "{\"address\": \"10.0.0.1:80\", \"weight\": 5}");
        put(keys.endpoint("b"), "{\"address\": \"10.0.0.2:80\", \"weight\": 5}");
        View.Content content = put(keys.weights(), "{\"a\": 0}");
        assertThat(content.endpoints()).extracting(Endpoint::weight).containsExactlyInAnyOrder(0, 5);
    }

    @Test
    void aDeletedKeyIsForgottenAndABadOneIsNot() {
        put(keys.shards(), "{\"epoch\": 1, \"count\": 4, \"firstOrdinal\": 2}");
        assertThat(put(keys.shards(), "4").shards()).isEqualTo(ShardMap.of(1, new ShardCount(4, 2)));
        entries.remove(keys.shards());
        assertThat(view.read(entries).shards()).isNull();
        assertThat(put(keys.shards(), "4").shards()).isNull();
    }

    @Test
    void anEpochThatGoesBackOrMeansSomethingElseIsRefusedAndTheLastGoodStays() {
        ShardMap good = put(keys.shards(), "{\"epoch\": 7, \"count\": 3, \"move\": {\"epoch\": 8, \"count\": 5}}")
                .shards();
        assertThat(good).isNotNull();
        refusedShards(good, "{\"epoch\": 6, \"count\": 3}", "epoch was 6, expected 7 or more");
        refusedShards(good, "{\"epoch\": 7, \"count\": 4}", "epoch 7 was 4 shards, expected 3 shards as before");
        refusedShards(good, "{\"epoch\": 8, \"count\": 6}", "epoch 8 was 6 shards, expected 5 shards as before");
        assertThat(put(keys.shards(), "{\"epoch\": 8, \"count\": 5}").shards())
                .isEqualTo(ShardMap.of(8, new ShardCount(5, 0)));
    }

    /** A key that is deleted and begun again at a low epoch would give that epoch a second placement. */
    @Test
    void aDeletedKeyStatesNothingAndItsEpochsStayTaken() {
        put(keys.shards(), "{\"epoch\": 7, \"count\": 3, \"move\": {\"epoch\": 8, \"count\": 5}}");
        entries.remove(keys.shards());
        assertThat(view.read(entries).shards()).isNull();
        View.Content content = put(keys.shards(), "{\"epoch\": 8, \"count\": 4}");
        assertThat(content.shards()).isNull();
        assertThat(content.rejections())
                .singleElement()
                .satisfies(refused -> assertThat(refused.text())
                        .contains("epoch 8 was 4 shards, expected 5 shards as before")
                        .contains("needs a new epoch, 9 or more"));
        assertThat(put(keys.shards(), "{\"epoch\": 9, \"count\": 4}").shards())
                .isEqualTo(ShardMap.of(9, new ShardCount(4, 0)));
    }

    /** 8 was announced as five shards, withdrawn without the field that says so, and announced as four. */
    @Test
    void aWithdrawnEpochIsRefusedAndReportedByClientsThatSawItAndByThoseThatWereCutOff() {
        String seven = "{\"epoch\": 7, \"count\": 3";
        ShardMap announced = put(keys.shards(), seven + ", \"move\": {\"epoch\": 8, \"count\": 5}}")
                .shards();
        ServiceView cutOff =
                new ServiceView(keys, CLIENT, Aliases.of(new FakeSource(new FakeTime().env()).source, "orders"));
        assertThat(cutOff.read(entries).shards()).isEqualTo(announced);
        ShardMap withdrawn = put(keys.shards(), seven + "}").shards();
        assertThat(withdrawn).isNotNull();
        assertThat(withdrawn.highestEpoch()).isEqualTo(8);
        refusedShards(
                withdrawn,
                seven + ", \"move\": {\"epoch\": 8, \"count\": 4}}",
                "epoch 8 was announced and withdrawn before, expected 9 or more");
        assertThat(cutOff.read(entries).rejections())
                .singleElement()
                .satisfies(refused ->
                        assertThat(refused.text()).contains("epoch 8 was 4 shards, expected 5 shards as before"));
        refusedShards(withdrawn, "{\"epoch\": 8, \"count\": 4}", "epoch 8 was announced and withdrawn before");
        ShardMap nine = ShardMap.of(9, new ShardCount(4, 0));
        assertThat(put(keys.shards(), "{\"epoch\": 9, \"count\": 4}").shards()).isEqualTo(nine);
        assertThat(cutOff.read(entries).shards()).as("it comes back by itself").isEqualTo(nine);
        assertThat(cutOff.read(entries).rejections()).isEmpty();
    }

    private void refusedShards(ShardMap good, String value, String reason) {
        View.Content content = put(keys.shards(), value);
        assertThat(content.shards()).isEqualTo(good);
        assertThat(content.rejections()).hasSize(1);
        assertThat(content.rejections().get(0).text())
                .contains("shards at revision")
                .contains("the last good value stays: " + reason);
    }

    @Test
    void theAssignmentIsPartOfTheContentAndStaysWhenItsKeysAreGone() {
        put(keys.assignmentBase(1), "{\"owners\":[[\"a\",1]],\"slices\":[[\"0000000000000000\",[0]]]}");
        View.Content content = put(keys.assignmentHead(), "{\"epoch\":1,\"base\":1,\"number\":1}");
        assertThat(content.slices()).isNotNull();
        assertThat(content.slices().owners()).hasSize(1);
        entries.clear();
        assertThat(view.read(entries).slices()).isSameAs(content.slices());
        View.Content bad = put(keys.assignmentHead(), "{\"epoch\":1,\"base\":9,\"number\":9}");
        assertThat(bad.slices()).isSameAs(content.slices());
        assertThat(bad.rejections()).hasSize(1);
    }

    @Test
    void anEndpointThatCameBackWithABadValueHasNoGoodOneFromBefore() {
        put(keys.endpoint("a"), "{\"address\": \"10.0.0.1:80\"}");
        entries.remove(keys.endpoint("a"));
        view.read(entries);
        assertThat(put(keys.endpoint("a"), "?").endpoints()).isEmpty();
    }

    @Test
    void aRefusalNamesTheKeyAndItsRevisionForAsLongAsTheValueStandsThere() {
        assertThat(put(keys.weights(), "{\"a\": 1.5}").rejections())
                .extracting(RejectedValue::text)
                .containsExactly("zerohop/v1/services/orders/weights at revision 2 is rejected, there is no good value"
                        + " before it: \"a\" was 1.5, expected a whole number from 0 to 1000000");
        assertThat(view.read(entries).rejections()).hasSize(1);
        assertThat(put(keys.weights(), "{\"a\": 1}").rejections()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "endpoints/a | '' | found an empty text, expected a JSON object",
                "endpoints/a | null | endpoint was null, expected an object",
                "endpoints/a | {\"host\": \"10.0.0.1\", \"port\": 0} | endpoint.port was 0, expected a whole number"
                        + " from 1 to 65535",
                "endpoints/a | {\"address\": \"10.0.0.1\"} | expected host:port",
                "endpoints/a | {\"address\": \"10.0.0.1:80\", \"wight\": 1} | endpoint.wight is not known, expected id",
                "endpoints/a | {\"address\": \"10.0.0.1:80\", \"weight\": 1000001} | expected a whole number from 0 to"
                        + " 1000000",
                "endpoints/a | {\"address\": \"10.0.0.1:80\", \"id\": \"b\"} | endpoint.id was \"b\", expected \"a\"",
                "endpoints/a | {\"address\": \"10.0.0.1:80\", \"draining\": 1} | endpoint.draining was 1, expected"
                        + " true or false",
                "endpoints/a/b | {\"address\": \"10.0.0.1:80\"} | the endpoint's id was 'a/b'",
                "weights | [] | the document was an array, expected an object",
                "weights | {\"a\": \"1\"} | \"a\" was \"1\", expected a whole number",
                "weights | {\"a\": 1, \"a\": 2} | not valid JSON",
                "weights | {\"a\": 99999999999999999999} | expected a whole number",
                "weights | {} {} | found { behind the JSON object, expected nothing",
                "weights | {\"weights\": {\"a\": -1}} | weights.\"a\" was -1, expected a whole number from 0 to"
                        + " 1000000",
                "weights | {\"weights\": {}, \"a\": 1} | \"a\" stood beside weights",
                "weights | {\"smoothing\": {\"step\": 1, \"interval\": \"1s\"}} | weights was missing",
                "weights | {\"weights\": {}, \"smoothing\": {\"step\": 1}} | smoothing.interval was missing",
                "weights | {\"weights\": {}, \"smoothing\": {\"interval\": \"1s\"}} | smoothing.step was missing",
                "weights | {\"weights\": {}, \"smoothing\": {\"step\": 0, \"interval\": \"1s\"}} | smoothing.step was"
                        + " 0",
                "weights | {\"weights\": {}, \"smoothing\": {\"step\": 1, \"interval\": \"1\"}} | smoothing.interval"
                        + " was \"1\", expected a duration",
                "weights | {\"weights\": {}, \"smoothing\": {\"step\": 1, \"interval\": \"2h\"}} | smoothing.interval"
                        + " was \"2h\", expected a duration",
                "weights | {\"weights\": {}, \"smoothing\": {\"stap\": 1}} | smoothing.stap is not known",
                "config | {\"policy\": \"fastest\"} | policy: was \"fastest\", expected one of",
                "config | '' | found an empty text, expected a JSON object",
                "config | {\"policy\": \"random\" | not valid JSON",
                "config | {\"canary\": {\"percent\": 5}} | canary.config was missing",
                "config | {\"canary\": {\"config\": {}}} | canary.percent was missing",
                "config | {\"canary\": {\"percent\": 101, \"config\": {}}} | canary.percent was 101, expected a whole"
                        + " number from 0 to 100",
                "config | {\"canary\": {\"percent\": 0, \"config\": {\"retry\": {\"maxAttempts\": 99}}}} |"
                        + " canary.config: retry.maxAttempts: was 99",
                "config | {\"policy\": \"?\", \"canary\": {\"percent\": 100, \"config\": {}}} | policy: was \"?\"",
                "config | {\"canary\": {\"percent\": 5, \"config\": {\"canary\": {}}}} | canary.config: canary: was",
                "config | {\"canary\": {\"percent\": 5, \"config\": {}, \"from\": 1}} | canary.from is not known,"
                        + " expected percent or config",
                "config | {\"canary\": 5} | canary was 5, expected an object",
                "alias | {} | target was missing",
                "alias | {\"target\": \"orders-v2\"} | found no scheme",
                "alias | {\"target\": \"nowhere:///x\"} | no resolver for scheme 'nowhere'",
                "alias | {\"target\": \"static:///x\", \"until\": 1} | until is not known, expected target",
                "alias | {\"target\": 1} | target was 1, expected a text",
                "alias | {\"target\": \"etcd://fake:2379/orders\"} | target leads in a circle: orders -> orders",
                "shards | {\"count\": 4} | epoch was missing",
                "shards | 4 | the document was 4, expected an object",
                "shards | {\"strategy\": \"lookup\", \"table\": {\"a\": 0}} | epoch was missing",
                "shards | {\"epoch\": 1, \"strategy\": \"modulo\", \"count\": 2} | strategy: was \"modulo\", expected"
                        + " lookup, prefix, ranges",
                "shards | {\"epoch\": 1, \"strategy\": \"ranges\", \"slots\": 2, \"ranges\": [{\"from\": 0, \"to\": 0,"
                        + " \"ordinal\": 0}]} | ranges: slots 1-1 belong to no range",
                "shards | {\"epoch\": 2, \"count\": 4, \"move\": {\"epoch\": 1, \"count\": 5}} | the epoch of the move"
                        + " was 1, expected 3",
                "shards | {\"epoch\": 2, \"count\": 4, \"move\": {\"epoch\": 3, \"count\": 5, \"keys\": \"old\"}} |"
                        + " move.keys: was \"old\", expected one of NEW_AT_ONCE, OLD_UNTIL_CUTOVER",
                "shards | {\"epoch\": 1} | count: was missing",
                "shards | {\"epoch\": 1, \"count\": 0} | count: was 0, expected an integer from 1",
                "shards | {\"epoch\": 1, \"count\": 4, \"map\": {}} | map is not known, expected epoch, highestEpoch,"
                        + " move, count, firstOrdinal, strategy",
            })
    void aBadValueIsRefusedWithItsPathAndWhatWasExpected(String key, String value, String reason) {
        View.Content content = put("zerohop/v1/services/orders/" + key, value);
        assertThat(content.rejections()).hasSize(1);
        assertThat(content.rejections().get(0).text()).contains(key).contains(reason);
        assertThat(content.endpoints()).isEmpty();
        assertThat(content.shards()).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[1] | the document was an array, expected an object",
                "{} | ips was missing, expected an array",
                "{\"ips\": [\"10.0.0.1\"]} | weights was missing, expected an array",
                "{\"ips\": [], \"weights\": []} | ips was empty, expected at least one address",
                "{\"ips\": [\"10.0.0.1\"], \"weights\": [1, 2]} | ips had 1 elements and weights 2",
                "{\"ips\": [\"10.0.0.1\"], \"weights\": [-1]} | weights[0] was -1, expected a whole number from 0",
                "{\"ips\": [\"10.0.0.1:0\"], \"weights\": [1]} | ips[0] was \"10.0.0.1:0\", expected an address",
                "{\"ips\": [\"10.0.0.300\"], \"weights\": [1]} | ips[0] was \"10.0.0.300\", expected an address",
                "{\"ips\": [7], \"weights\": [1]} | ips[0] was 7, expected a text",
                "{\"ips\": \"10.0.0.1\", \"weights\": [1]} | ips was \"10.0.0.1\", expected an array",
                "{\"ips\": [\"10.0.0.1\", \"10.0.0.1:80\"], \"weights\": [1, 1]} | ips[1] was 10.0.0.1:80 again",
                "{\"ips\": [\"10.0.0.1\"], \"weights\": [1] | not valid JSON",
            })
    void aBadGolbValueIsRefusedWhole(String value, String reason) {
        GolbView golb = new GolbView("z", "f");
        String key = "golb/function/z/f";
        View.Content bad = golb.read(Map.of(key, new KeyStore.Entry(key, ByteString.copyFromUtf8(value), 2)));
        assertThat(bad.endpoints()).isNull();
        assertThat(bad.rejections()).hasSize(1);
        assertThat(bad.rejections().get(0).text()).contains(reason);
    }

    @Test
    void aGolbValueMayHoldNamesAndLiteralsOfBothKindsAndFieldsOfItsOwn() {
        GolbView golb = new GolbView("z", "f");
        String key = "golb/function/z/f";
        String value = "{\"v\": [{\"x\": 1}], \"ips\": [\"::1\", \"[::2]:81\", \"10.0.0.1\", \"node-1:82\"],"
                + " \"weights\": [1, 2, 3, 4]}";
        View.Content content = golb.read(Map.of(key, new KeyStore.Entry(key, ByteString.copyFromUtf8(value), 2)));
        assertThat(content.rejections()).isEmpty();
        assertThat(content.endpoints())
                .extracting(Endpoint::address)
                .isEqualTo(List.of("[::1]:80", "[::2]:81", "10.0.0.1:80", "node-1:82"));
    }
}
