package dev.zerohop.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint;
import dev.zerohop.Endpoint.Readiness;
import dev.zerohop.Target;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.ServicePortBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointConditionsBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPortBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SliceViewTest {

    private static SliceView.Content read(String target, Service service, EndpointSlice... slices) {
        return SliceView.read(
                ServiceTarget.parse(Target.parse("k8s:///shop/orders" + target)), List.of(slices), service);
    }

    private static Map<String, Endpoint> endpoints(EndpointSlice... slices) {
        SliceView.Content content = read(":grpc", null, slices);
        assertThat(content.problem()).isNull();
        return content.endpoints().stream().collect(Collectors.toMap(Endpoint::id, Function.identity()));
    }

    // ---- conditions ----

    /** All 27 of them: what is not stated is as the API defines it. */
    @ParameterizedTest
    @CsvSource({
        // ready, serving, terminating
        "     ,      ,      , READY",
        "     ,      , false, READY",
        "     ,      , true , DRAINING",
        "     , false,      , READY",
        "     , false, false, READY",
        "     , false, true , NOT_READY",
        "     , true ,      , READY",
        "     , true , false, READY",
        "     , true , true , DRAINING",
        "false,      ,      , NOT_READY",
        "false,      , false, NOT_READY",
        "false,      , true , NOT_READY",
        "false, false,      , NOT_READY",
        "false, false, false, NOT_READY",
        "false, false, true , NOT_READY",
        "false, true ,      , NOT_READY",
        "false, true , false, NOT_READY",
        "false, true , true , DRAINING",
        "true ,      ,      , READY",
        "true ,      , false, READY",
        "true ,      , true , DRAINING",
        "true , false,      , READY",
        "true , false, false, READY",
        "true , false, true , NOT_READY",
        "true , true ,      , READY",
        "true , true , false, READY",
        "true , true , true , DRAINING",
    })
    void everyCombinationOfConditions(Boolean ready, Boolean serving, Boolean terminating, Readiness expected) {
        assertThat(SliceView.readiness(new EndpointConditionsBuilder()
                        .withReady(ready)
                        .withServing(serving)
                        .withTerminating(terminating)
                        .build()))
                .isEqualTo(expected);
    }

    @Test
    void noConditionsAtAllMeanReady() {
        assertThat(SliceView.readiness(null)).isEqualTo(Readiness.READY);
    }

    // ---- merging ----

    @Test
    void allSlicesAreTakenTogetherAndSortedById() {
        SliceView.Content content = read(
                ":grpc",
                null,
                Slices.slice("b", Slices.pod("orders-2", "10.0.0.3"), Slices.pod("orders-0", "10.0.0.1")),
                Slices.slice("a", Slices.pod("orders-1", "10.0.0.2")));
        assertThat(content.endpoints()).extracting(Endpoint::id).containsExactly("orders-0", "orders-1", "orders-2");
    }

    @ParameterizedTest
    @CsvSource({
        // what the older slice says, what the newer one says, whose address is taken
        "READY, READY, newer",
        "READY, DRAINING, older",
        "READY, NOT_READY, older",
        "DRAINING, READY, newer",
        "DRAINING, DRAINING, newer",
        "DRAINING, NOT_READY, older",
        "NOT_READY, READY, newer",
        "NOT_READY, DRAINING, newer",
        "NOT_READY, NOT_READY, newer",
    })
    void anEndpointInTwoSlicesIsTheOneThatTakesTrafficElseTheNewerOne(Readiness older, Readiness newer, String taken) {
        EndpointSlice before = versioned("9", Slices.slice("z", with(older, "orders-0", "10.0.0.1")));
        EndpointSlice after = versioned("10", Slices.slice("a", with(newer, "orders-0", "10.0.0.2")));
        String expected = taken.equals("newer") ? "10.0.0.2" : "10.0.0.1";
        assertThat(endpoints(before, after).get("orders-0").host()).isEqualTo(expected);
        assertThat(endpoints(after, before).get("orders-0").host()).isEqualTo(expected);
    }

    private static EndpointSlice versioned(String version, EndpointSlice slice) {
        slice.getMetadata().setResourceVersion(version);
        return slice;
    }

    private static io.fabric8.kubernetes.api.model.discovery.v1.Endpoint with(
            Readiness readiness, String pod, String address) {
        return switch (readiness) {
            case READY -> Slices.pod(pod, address);
            case DRAINING -> Slices.leaving(pod, address);
            case NOT_READY -> Slices.pod(pod, address, false, false, false);
        };
    }

    // ---- names ----

    @Test
    void theHostnameNamesAnEndpointElseItsPodElseItsAddress() {
        io.fabric8.kubernetes.api.model.discovery.v1.Endpoint hosted = Slices.pod("web-x7f", "10.0.0.1");
        hosted.setHostname("web-0");
        io.fabric8.kubernetes.api.model.discovery.v1.Endpoint bare = Slices.pod("x", "10.0.0.3");
        bare.setTargetRef(null);
        Map<String, Endpoint> found = endpoints(Slices.slice("a", hosted, Slices.pod("orders-1", "10.0.0.2"), bare));
        assertThat(found).containsOnlyKeys("web-0", "orders-1", "10.0.0.3:8080");
        assertThat(found.get("web-0").attributes())
                .containsEntry(SliceView.POD, "web-x7f")
                .containsEntry(SliceView.NAMESPACE, "shop");
        assertThat(found.get("10.0.0.3:8080").attributes()).doesNotContainKey(SliceView.POD);
    }

    @Test
    void aHostnameThatSeveralPodsShareNamesNone() {
        io.fabric8.kubernetes.api.model.discovery.v1.Endpoint one = Slices.pod("web-a", "10.0.0.1");
        io.fabric8.kubernetes.api.model.discovery.v1.Endpoint other = Slices.pod("web-b", "10.0.0.2");
        one.setHostname("web");
        other.setHostname("web");
        assertThat(endpoints(Slices.slice("a", one, other))).containsOnlyKeys("web-a", "web-b");
    }

    @Test
    void aPodThatReplacesOneThatLeavesTakesOverItsHostname() {
        io.fabric8.kubernetes.api.model.discovery.v1.Endpoint old = Slices.leaving("web-a", "10.0.0.1");
        io.fabric8.kubernetes.api.model.discovery.v1.Endpoint next = Slices.pod("web-b", "10.0.0.2");
        old.setHostname("web-0");
        next.setHostname("web-0");
        Map<String, Endpoint> found = endpoints(Slices.slice("a", old, next));
        assertThat(found).containsOnlyKeys("web-0");
        assertThat(found.get("web-0").host()).isEqualTo("10.0.0.2");
    }

    @Test
    void podsOfOneNameInTwoNamespacesAreTwo() {
        io.fabric8.kubernetes.api.model.discovery.v1.Endpoint foreign = Slices.pod("orders-0", "10.0.0.2");
        foreign.getTargetRef().setNamespace("other");
        assertThat(endpoints(Slices.slice("a", Slices.pod("orders-0", "10.0.0.1"), foreign)))
                .containsOnlyKeys("orders-0", "orders-0.other");
    }

    @Test
    void zoneNodeAndHintsAreKept() {
        io.fabric8.kubernetes.api.model.discovery.v1.Endpoint pod = Slices.pod("orders-0", "10.0.0.1");
        pod.setZone("eu-1a");
        pod.setNodeName("node-7");
        pod.setHints(new io.fabric8.kubernetes.api.model.discovery.v1.EndpointHintsBuilder()
                .addNewForZone("eu-1a")
                .addNewForZone("eu-1b")
                .addNewForNode("node-7")
                .build());
        Endpoint read = endpoints(Slices.slice("a", pod)).get("orders-0");
        assertThat(read.zone()).isEqualTo("eu-1a");
        assertThat(read.node()).isEqualTo("node-7");
        assertThat(read.attributes())
                .containsEntry(SliceView.HINTED_ZONES, "eu-1a,eu-1b")
                .containsEntry(SliceView.HINTED_NODES, "node-7");
    }

    @Test
    void aZoneThatWouldSteerATerminalIsNeverPrinted() {
        io.fabric8.kubernetes.api.model.discovery.v1.Endpoint hostile = Slices.pod("orders-1", "10.0.0.2");
        hostile.setZone("z\u001b[2J\nforged");
        SliceView.Content content = read(":grpc", null, Slices.slice("a", Slices.pod("orders-0", "10.0.0.1"), hostile));
        assertThat(content.endpoints()).extracting(Endpoint::id).containsExactly("orders-0");
        assertThat(content.rejections())
                .singleElement()
                .asString()
                .contains("zone was 'z\\u001b[2J\\u000aforged', expected a text without control characters")
                .doesNotContainPattern("\\p{Cc}");
    }

    @Test
    void anEndpointThatCannotBeIsLeftOutAndNamed() {
        SliceView.Content content = read(
                ":grpc", null, Slices.slice("a", Slices.pod("orders-0", "10.0.0.1"), Slices.pod("orders-1", "a b")));
        assertThat(content.endpoints()).extracting(Endpoint::id).containsExactly("orders-0");
        assertThat(content.rejections())
                .singleElement()
                .asString()
                .contains("slice a")
                .contains("'a b'");
    }

    // ---- families ----

    @Test
    void aDualStackServiceIsReadInIPv4UnlessAskedOtherwise() {
        EndpointSlice four = Slices.slice("orders", "a", "IPv4", Slices.pod("orders-0", "10.0.0.1"));
        EndpointSlice six = Slices.slice("orders", "b", "IPv6", Slices.pod("orders-0", "fd00::1"));
        assertThat(read(":grpc", null, six, four).endpoints())
                .extracting(Endpoint::address)
                .containsExactly("10.0.0.1:8080");
        assertThat(read(":grpc?family=ipv6", null, six, four).endpoints())
                .extracting(Endpoint::address)
                .containsExactly("[fd00::1]:8080");
        assertThat(read(":grpc", null, six).endpoints())
                .extracting(Endpoint::host)
                .containsExactly("fd00::1");
    }

    private static List<String> addresses(String target, EndpointSlice... slices) {
        SliceView.Content content = read(target, null, slices);
        assertThat(content.problem()).isNull();
        return content.endpoints().stream().map(Endpoint::host).toList();
    }

    @Test
    void aFamilyWhoseEndpointsTakeCallsGoesBeforeOneWithoutAny() {
        EndpointSlice six = Slices.slice("orders", "b", "IPv6", Slices.pod("orders-0", "fd00::1"));
        EndpointSlice empty = Slices.slice("orders", "a", "IPv4");
        EndpointSlice sick = Slices.slice("a", Slices.pod("orders-0", "10.0.0.1", false, false, false));
        EndpointSlice otherPort = Slices.slice("a", Slices.pod("orders-0", "10.0.0.1"));
        otherPort.getPorts().get(0).setName("http");
        EndpointSlice leaving = Slices.slice("a", Slices.leaving("orders-0", "10.0.0.1"));
        assertThat(addresses(":grpc", empty, six)).containsExactly("fd00::1");
        assertThat(addresses(":grpc", sick, six)).containsExactly("fd00::1");
        assertThat(addresses(":grpc", otherPort, six)).containsExactly("fd00::1");
        // Those that leave still take calls; a family is not changed for them.
        assertThat(addresses(":grpc", leaving, six)).containsExactly("10.0.0.1");
    }

    @Test
    void whereNoFamilyTakesCallsTheOneWithEndpointsSaysThatTheyAreNotReady() {
        EndpointSlice empty = Slices.slice("orders", "a", "IPv4");
        EndpointSlice sick =
                Slices.slice("orders", "b", "IPv6", Slices.pod("orders-0", "fd00::1", false, false, false));
        assertThat(addresses(":grpc", empty, sick)).containsExactly("fd00::1");
        assertThat(addresses(":grpc", empty)).isEmpty();
        assertThat(addresses(":grpc?family=ipv4", empty, sick)).isEmpty();
    }

    // ---- shared addresses ----

    @Test
    void twoReadyPodsThatShareAnAddressCountOnce() {
        EndpointSlice slice = Slices.slice(
                "a",
                Slices.pod("orders-0", "10.0.0.1"),
                Slices.pod("orders-1", "10.0.0.1"),
                Slices.pod("orders-2", "10.0.0.3"));
        SliceView.Content content = read(":grpc", null, slice);
        assertThat(content.endpoints()).extracting(Endpoint::id).containsExactly("orders-0", "orders-2");
        assertThat(content.rejections())
                .containsExactly(
                        "slice a: endpoints orders-1 and orders-0 have the same address 10.0.0.1:8080, expected an address"
                                + " of its own for each; orders-0 is used for both");
    }

    @Test
    void ofThreeAtOneAddressTheOneOfTheSliceThatChangedLastCounts() {
        EndpointSlice old = Slices.slice("old", Slices.pod("orders-0", "10.0.0.1"), Slices.pod("orders-2", "10.0.0.1"));
        old.getMetadata().setResourceVersion("9");
        EndpointSlice latest = Slices.slice("new", Slices.pod("orders-1", "10.0.0.1"));
        latest.getMetadata().setResourceVersion("10");
        assertThat(endpoints(old, latest)).containsOnlyKeys("orders-1");
        assertThat(endpoints(latest, old)).containsOnlyKeys("orders-1");
    }

    @Test
    void anAddressThatAReadyPodTookOverIsNotTheLeavingOnes() {
        SliceView.Content content = read(
                ":grpc",
                null,
                Slices.slice(
                        "a",
                        Slices.leaving("orders-0", "10.0.0.1"),
                        Slices.pod("orders-1", "10.0.0.1"),
                        Slices.pod("orders-2", "10.0.0.1", false, false, false)));
        assertThat(content.endpoints()).extracting(Endpoint::id).containsExactly("orders-1", "orders-2");
        assertThat(content.rejections()).isEmpty();
    }

    @Test
    void oneAddressWithTwoPortsIsTwo() {
        EndpointSlice other = Slices.slice("b", Slices.pod("orders-1", "10.0.0.1"));
        other.getPorts().get(0).setPort(8081);
        assertThat(endpoints(Slices.slice("a", Slices.pod("orders-0", "10.0.0.1")), other))
                .containsOnlyKeys("orders-0", "orders-1");
    }

    @Test
    void aFamilyThatTheServiceDoesNotHaveIsAProblem() {
        EndpointSlice four = Slices.slice("orders", "a", "IPv4", Slices.pod("orders-0", "10.0.0.1"));
        assertThat(read(":grpc?family=ipv6", null, four).problem())
                .isEqualTo("the service has addresses of type IPv4, expected IPv6");
    }

    @Test
    void namesAreTakenWhereThereAreNoAddresses() {
        EndpointSlice named = Slices.slice("orders", "a", "FQDN", Slices.pod("orders-0", "orders.example.com"));
        assertThat(read(":grpc", null, named).endpoints())
                .extracting(Endpoint::host)
                .containsExactly("orders.example.com");
    }

    // ---- ports ----

    private static EndpointPort port(String name, Integer number, String protocol) {
        return new EndpointPortBuilder()
                .withName(name)
                .withPort(number)
                .withProtocol(protocol)
                .build();
    }

    private static EndpointSlice ports(EndpointSlice slice, EndpointPort... ports) {
        slice.setPorts(List.of(ports));
        return slice;
    }

    private static Service service(ServicePort... ports) {
        return new ServiceBuilder()
                .withNewMetadata()
                .withName("orders")
                .endMetadata()
                .withNewSpec()
                .withPorts(ports)
                .endSpec()
                .build();
    }

    private static ServicePort servicePort(String name, int port, Object target) {
        ServicePortBuilder builder = new ServicePortBuilder().withName(name).withPort(port);
        return target instanceof Integer number
                ? builder.withNewTargetPort(number).build()
                : builder.withNewTargetPort((String) target).build();
    }

    @Test
    void aNamedPortMayHaveAnotherNumberInEachSlice() {
        EndpointSlice old = ports(Slices.slice("a", Slices.pod("orders-0", "10.0.0.1")), port("grpc", 8080, "TCP"));
        EndpointSlice next = ports(
                Slices.slice("b", Slices.pod("orders-1", "10.0.0.2")),
                port("http", 80, null),
                port("grpc", 9090, null));
        assertThat(read(":grpc", null, old, next).endpoints())
                .extracting(Endpoint::address)
                .containsExactly("10.0.0.1:8080", "10.0.0.2:9090");
    }

    @Test
    void aNumberIsTheServicesOwnIfItHasIt() {
        Service service = service(servicePort("web", 8080, 9090), servicePort("admin", 9090, 8080));
        EndpointSlice slice = ports(
                Slices.slice("a", Slices.pod("orders-0", "10.0.0.1")),
                port("admin", 8080, "TCP"),
                port("web", 9090, "TCP"));
        assertThat(read(":8080", service, slice).endpoints())
                .extracting(Endpoint::port)
                .containsExactly(9090);
        assertThat(read(":8080", null, slice).endpoints())
                .extracting(Endpoint::port)
                .containsExactly(8080);
    }

    @Test
    void aNumberThatTheServiceDoesNotHaveIsThePods() {
        Service service = service(servicePort("web", 80, 9090));
        EndpointSlice slice = ports(Slices.slice("a", Slices.pod("orders-0", "10.0.0.1")), port("web", 9090, "TCP"));
        assertThat(read(":9090", service, slice).endpoints())
                .extracting(Endpoint::port)
                .containsExactly(9090);
    }

    @Test
    void theOnlyPortOfAServiceMayHaveNoName() {
        Service service = service(servicePort(null, 80, "web"));
        EndpointSlice slice = ports(Slices.slice("a", Slices.pod("orders-0", "10.0.0.1")), port("", 9090, "TCP"));
        assertThat(read(":80", service, slice).endpoints())
                .extracting(Endpoint::port)
                .containsExactly(9090);
    }

    @Test
    void aHeadlessServiceMayDeclareNoPorts() {
        EndpointSlice slice = Slices.slice("a", Slices.pod("orders-0", "10.0.0.1"));
        slice.setPorts(null);
        assertThat(read(":7000", service(), slice).endpoints())
                .extracting(Endpoint::port)
                .containsExactly(7000);
        assertThat(read(":grpc", service(), slice).problem()).contains("no TCP port 'grpc'");
    }

    @Test
    void anotherProtocolIsAnotherPort() {
        EndpointSlice slice = ports(Slices.slice("a", Slices.pod("dns-0", "10.0.0.1")), port("dns", 53, "UDP"));
        assertThat(read(":53", null, slice).problem())
                .contains("no TCP port 53")
                .contains("dns 53/UDP");
        assertThat(read(":dns", null, slice).problem()).contains("no TCP port 'dns'");
    }

    @Test
    void slicesWithoutThePortAreLeftOutWhileOthersHaveIt() {
        EndpointSlice old = ports(Slices.slice("a", Slices.pod("orders-0", "10.0.0.1")), port("http", 80, "TCP"));
        EndpointSlice next = ports(Slices.slice("b", Slices.pod("orders-1", "10.0.0.2")), port("grpc", 9090, "TCP"));
        assertThat(read(":grpc", null, old, next).endpoints())
                .extracting(Endpoint::id)
                .containsExactly("orders-1");
    }

    @Test
    void aPortThatTheServiceDoesNotDeclareIsAProblemEvenWithoutPods() {
        Service service = service(servicePort("web", 80, 9090));
        EndpointSlice empty = ports(Slices.slice("a"));
        assertThat(read(":81", service, empty).problem())
                .contains("no TCP port 81")
                .contains("its own ports [web 80]");
        assertThat(read(":80", service, empty).problem()).isNull();
        assertThat(read(":9090", service, empty).problem()).isNull();
        assertThat(read(":80", service(servicePort("web", 80, "named")), empty).problem())
                .isNull();
        assertThat(read(":web", null, empty).problem()).isNull();
    }

    @Test
    void endpointsWithoutAddressesAreLeftOut() {
        io.fabric8.kubernetes.api.model.discovery.v1.Endpoint none = Slices.pod("orders-0", "10.0.0.1");
        none.setAddresses(List.of());
        assertThat(endpoints(Slices.slice("a", none, Slices.pod("orders-1", "10.0.0.2"))))
                .containsOnlyKeys("orders-1");
    }
}
