package dev.zerohop.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.net.URI;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KubernetesDoctorTest {
    private static final String TARGET = "k8s:///shop/orders:grpc";
    private static final Pattern HASH = Pattern.compile("zerohop-[a-z]+-([0-9a-f]{10})\"");
    private static final Map<String, String> IN_A = Map.of("ZEROHOP_ZONE", "eu-1a");

    private ReviewingApi api;

    @BeforeEach
    void start() throws IOException {
        api = new ReviewingApi();
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private static Service service() {
        return new ServiceBuilder()
                .withNewMetadata()
                .withNamespace("shop")
                .withName("orders")
                .endMetadata()
                .withNewSpec()
                .addNewPort()
                .withName("grpc")
                .withPort(80)
                .withNewTargetPort(8080)
                .endPort()
                .endSpec()
                .build();
    }

    private static StatefulSet set(String name) {
        return new StatefulSetBuilder()
                .withNewMetadata()
                .withNamespace("shop")
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .withServiceName("orders")
                .withReplicas(3)
                .endSpec()
                .build();
    }

    private void shop() {
        api.put(service());
        api.put(Slices.slice(
                "orders-x",
                Slices.pod("orders-0", "10.0.0.1"),
                Slices.pod("orders-1", "10.0.0.2", false, false, false)));
        api.put(set("orders"));
    }

    private Diagnosis examine(String target, Map<String, String> environment) throws InterruptedException {
        return KubernetesDoctor.examine(target, api.options(), environment);
    }

    private static List<String> texts(Diagnosis diagnosis) {
        return diagnosis.findings().stream().map(Diagnosis.Finding::toString).toList();
    }

    @Test
    void aHealthyTargetHasOnlyGoodFindings() throws InterruptedException {
        shop();
        Diagnosis diagnosis = examine(TARGET, IN_A);
        assertThat(texts(diagnosis).subList(1, texts(diagnosis).size()))
                .containsExactly(
                        "ok: permission to list and watch endpointslices with kubernetes.io/service-name=orders in namespace shop: granted",
                        "ok: permission to list and watch services 'orders' in namespace shop: granted",
                        "ok: service shop/orders: it exists",
                        "ok: slices: 1 with 2 endpoints, 1 of them ready",
                        "ok: port grpc: the pods' port is [8080]",
                        "ok: zones of the endpoints: unknown",
                        "ok: permission to list and watch statefulsets in namespace shop: granted",
                        "ok: StatefulSet orders: ordinals 0 to 2 are desired",
                        "ok: zone of this client: eu-1a, from ZEROHOP_ZONE");
        assertThat(texts(diagnosis).get(0)).endsWith("which identifies this client as system:serviceaccount:shop:web");
        assertThat(diagnosis.healthy()).isTrue();
        assertThat(diagnosis.toApply()).isEmpty();
    }

    @Test
    void aListWithoutEndIsLeftWhereAClientWouldLeaveIt() throws InterruptedException {
        api.endless = "endpointslices";
        Endpoint[] many = Collections.nCopies(
                        20_000, new EndpointBuilder().withAddresses("10.0.0.1").build())
                .toArray(Endpoint[]::new);
        api.put(Slices.slice("orders-x", many));
        Diagnosis diagnosis = examine(TARGET, IN_A);
        assertThat(diagnosis.healthy()).isFalse();
        assertThat(texts(diagnosis))
                .anyMatch(text -> text.startsWith("missing: endpointslices")
                        && text.endsWith(" has more than 400000 pods or endpoints in endpointslices with"
                                + " kubernetes.io/service-name=orders in namespace shop, expected at most so many"));
    }

    @Test
    void whatIsMissingIsPrintedToApply() throws InterruptedException {
        shop();
        api.denied.add("watch endpointslices");
        Diagnosis diagnosis = examine(TARGET, IN_A);
        assertThat(diagnosis.healthy()).isFalse();
        assertThat(texts(diagnosis))
                .contains(
                        "missing: permission to watch endpointslices with kubernetes.io/service-name=orders in namespace shop:"
                                + " not granted: no endpoint is known");
        String name = "zerohop-orders-"
                + HASH.matcher(diagnosis.toApply())
                        .results()
                        .findFirst()
                        .orElseThrow()
                        .group(1);
        assertThat(diagnosis.toApply()).isEqualTo("""
                        apiVersion: rbac.authorization.k8s.io/v1
                        kind: Role
                        metadata:
                          name: "%1$s"
                          namespace: "shop"
                        rules:
                          - apiGroups: ["discovery.k8s.io"]
                            resources: ["endpointslices"]
                            verbs: ["list", "watch"]
                          - apiGroups: [""]
                            resources: ["services"]
                            resourceNames: ["orders"]
                            verbs: ["list", "watch"]
                          - apiGroups: ["apps"]
                            resources: ["statefulsets"]
                            verbs: ["list", "watch"]
                        ---
                        apiVersion: rbac.authorization.k8s.io/v1
                        kind: RoleBinding
                        metadata:
                          name: "%1$s"
                          namespace: "shop"
                        roleRef:
                          apiGroup: rbac.authorization.k8s.io
                          kind: Role
                          name: "%1$s"
                        subjects:
                          - kind: ServiceAccount
                            name: "web"
                            namespace: "shop"
                        """.formatted(name));
        assertThat(Manifests.parse(diagnosis.toApply())).hasSize(2);
    }

    @Test
    void namedStatefulSetsNeedNoMoreThanTheirNames() throws InterruptedException {
        shop();
        api.denied.add("list statefulsets");
        api.user = "jane";
        Diagnosis diagnosis = examine(TARGET + "?statefulSet=orders", IN_A);
        assertThat(diagnosis.healthy()).isFalse();
        assertThat(diagnosis.toApply())
                .contains("resources: [\"statefulsets\"]\n    resourceNames: [\"orders\"]")
                .contains("- kind: User\n    apiGroup: rbac.authorization.k8s.io\n    name: \"jane\"");
        assertThat(Manifests.parse(diagnosis.toApply())).hasSize(2);
    }

    @Test
    void aPlainServiceNeedsNoStatefulSets() throws InterruptedException {
        api.put(service());
        api.put(Slices.slice("orders-x", Slices.pod("orders-6789489c-24567", "10.0.0.1")));
        api.denied.add("list statefulsets");
        Diagnosis diagnosis = examine(TARGET, IN_A);
        assertThat(diagnosis.healthy()).isTrue();
        assertThat(texts(diagnosis))
                .contains("ok: shards: no pod's name looks like a StatefulSet's, so StatefulSets are not read");
    }

    @Test
    void aServiceThatIsNotSeenIsNoFault() throws InterruptedException {
        shop();
        api.denied.add("list services");
        Diagnosis diagnosis = examine(TARGET, IN_A);
        assertThat(diagnosis.healthy()).isTrue();
        assertThat(diagnosis.toApply()).isEmpty();
    }

    @Test
    void aPortByNumberNeedsTheService() throws InterruptedException {
        shop();
        api.denied.add("list services");
        Diagnosis diagnosis = examine("k8s:///shop/orders:80", IN_A);
        assertThat(diagnosis.healthy()).isFalse();
        assertThat(texts(diagnosis))
                .contains(
                        "missing: permission to list services 'orders' in namespace shop: not granted: a port's number is looked up"
                                + " among the pods' ports only");
        assertThat(diagnosis.toApply()).contains("resources: [\"services\"]");
    }

    @Test
    void aMissingServicePortOrSetIsNamed() throws InterruptedException {
        api.put(set("orders-a"));
        api.put(set("orders-b"));
        Diagnosis nothing = examine(TARGET, IN_A);
        assertThat(nothing.healthy()).isFalse();
        assertThat(texts(nothing))
                .contains(
                        "missing: service shop/orders: there is none; create it, or correct the target: kubectl get services -n shop");
        api.put(service());
        api.put(Slices.slice("orders-x", Slices.pod("orders-0", "10.0.0.1")));
        assertThat(texts(examine("k8s:///shop/orders:http", IN_A)))
                .anyMatch(
                        text -> text.startsWith(
                                "missing: port http: there is no TCP port 'http', expected one of its pods' ports [grpc 8080]"));
        assertThat(texts(examine(TARGET, IN_A)))
                .anyMatch(text -> text.startsWith("missing: StatefulSet: the pods of service orders may belong to"));
        Diagnosis unannotated = examine(TARGET + "?statefulSet=orders-a&shardCount=EPOCH", IN_A);
        assertThat(texts(unannotated))
                .anyMatch(
                        text -> text.startsWith(
                                "optional: annotation zerohop.dev/shards: no StatefulSet has it, so spec.replicas counts until"));
        assertThat(unannotated.healthy()).isTrue();
    }

    @Test
    void theZoneMayComeFromTheNode() throws InterruptedException {
        shop();
        assertThat(texts(examine(TARGET, Map.of())))
                .contains("optional: zone of this client: unknown, so no zone is preferred; expected ZEROHOP_ZONE, or"
                        + " ZEROHOP_NODE and permission to see the node");
        api.put(new NodeBuilder()
                .withNewMetadata()
                .withName("n7")
                .addToLabels("topology.kubernetes.io/zone", "eu-1c")
                .endMetadata()
                .build());
        assertThat(texts(examine(TARGET, Map.of("NODE_NAME", "n7"))))
                .contains("ok: zone of this client: eu-1c, that of node n7");
        api.denied.add("list nodes");
        Diagnosis denied = examine(TARGET, Map.of("NODE_NAME", "n7"));
        assertThat(denied.healthy()).isTrue();
        assertThat(texts(denied))
                .contains(
                        "optional: permission to list nodes 'n7': not granted: the zone of this client is unknown, so no zone is preferred");
    }

    @Test
    void podsAreLookedAtAsWell() throws InterruptedException {
        api.denied.add("list pods");
        Diagnosis denied = examine("k8s-pods:///shop?image=resnet&port=8080", IN_A);
        assertThat(denied.healthy()).isFalse();
        assertThat(denied.toApply()).contains("resources: [\"pods\"]");
        api.denied.clear();
        assertThat(texts(examine("k8s-pods:///shop?image=resnet&port=8080", IN_A)))
                .contains("missing: pods: 0 have the labels; 0 of them run the image and have the port, 0 are ready");
    }

    @Test
    void aServerThatDoesNotIdentifyTheClientIsFine() throws InterruptedException {
        shop();
        api.user = "";
        assertThat(examine(TARGET, IN_A).healthy()).isTrue();
    }

    @Test
    void aServerThatIsNotThereIsTheOneFinding() throws InterruptedException {
        KubernetesOptions nobody = KubernetesOptions.builder()
                .apiServer(URI.create("http://127.0.0.1:1"))
                .build();
        Diagnosis diagnosis = KubernetesDoctor.examine(TARGET, nobody, IN_A);
        assertThat(diagnosis.healthy()).isFalse();
        assertThat(texts(diagnosis)).hasSize(1).first().asString().startsWith("missing: API server: ");
    }

    @Test
    void otherSchemesAreRefused() {
        assertThatThrownBy(() -> examine("static:///127.0.0.1:1", IN_A))
                .hasMessageContaining("found scheme 'static', expected k8s or k8s-pods");
    }

    // ---- what is printed is applied ----

    private static Service named(String externalName) {
        return new ServiceBuilder(service())
                .editSpec()
                .withType("ExternalName")
                .withExternalName(externalName)
                .endSpec()
                .build();
    }

    private static Pod resnet() {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace("shop")
                .withName("resnet-0")
                .addToLabels("app", "resnet")
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("main")
                .withImage("resnet:v2")
                .endContainer()
                .endSpec()
                .withNewStatus()
                .withPhase("Running")
                .withPodIP("10.0.0.9")
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .endCondition()
                .endStatus()
                .build();
    }

    /** A cluster in which every kind of target has what it needs, and this client no permission at all. */
    private void cluster() {
        shop();
        api.put(resnet());
        api.put(service("db", named("db.example.com")));
        api.put(service("web", service()));
        api.put(Slices.slice("web", "web-x", "IPv4", Slices.pod("web-6789489c-abcde", "10.0.0.7")));
        api.rbac = new Rbac();
    }

    private static Service service(String name, Service like) {
        return new ServiceBuilder(like)
                .editMetadata()
                .withName(name)
                .endMetadata()
                .build();
    }

    private static final List<String> KINDS = List.of(
            "k8s:///shop/web:grpc",
            "k8s:///shop/web:80",
            "k8s:///shop/web:grpc?family=ipv4",
            "k8s:///shop/orders:grpc",
            "k8s:///shop/orders:80",
            "k8s:///shop/orders:grpc?statefulSet=orders",
            "k8s:///shop/orders:grpc?statefulSet=orders&shardCount=EPOCH",
            "k8s:///shop/db:grpc",
            "k8s-pods:///shop?image=resnet&port=8080",
            "k8s-pods:///shop?label=app%3Dresnet&port=8080");

    @Test
    void appliedOnceFromNothingItHealsEveryKindOfTargetAndTheSecondTimeNothingChanges() throws InterruptedException {
        cluster();
        for (String user :
                List.of("system:serviceaccount:shop:web", "system:serviceaccount:front:web", "jane:\"on\"")) {
            // Of one subject every kind; of the others, whose manifests differ in the subject alone, two.
            for (String target : user.contains(":shop:") ? KINDS : KINDS.subList(4, 6)) {
                Rbac rbac = new Rbac();
                api.rbac = rbac;
                api.user = user;
                String printed = examine(target, IN_A).toApply();
                assertThat(rbac.apply(printed)).as(target).isEqualTo(2);
                Diagnosis healed = examine(target, IN_A);
                assertThat(healed.findings())
                        .as("%s of %s", target, user)
                        .noneMatch(finding -> finding.state() == Diagnosis.State.MISSING);
                assertThat(healed.toApply()).as(target).isEmpty();
                assertThat(rbac.apply(printed)).as(target).isZero();
            }
        }
    }

    /** Each target and each service account keeps what it has when another one's manifests are applied. */
    @Test
    void manifestsForOneSubjectAndTargetTakeNothingFromAnother() throws InterruptedException {
        cluster();
        api.rbac.apply(DOCUMENTED);
        List<String> users = List.of("system:serviceaccount:shop:web", "system:serviceaccount:shop:batch");
        for (String user : users) {
            for (String target : KINDS) {
                api.user = user;
                api.rbac.apply(examine(target, IN_A).toApply());
            }
        }
        for (String user : users) {
            for (String target : KINDS) {
                api.user = user;
                assertThat(examine(target, IN_A).healthy())
                        .as("%s of %s", target, user)
                        .isTrue();
            }
        }
        assertThat(api.rbac.names()).contains("Role shop/zerohop", "RoleBinding shop/zerohop");
        assertThat(api.rbac.allows(
                        "system:serviceaccount:shop:third", "list", "discovery.k8s.io", "endpointslices", "shop", null))
                .isTrue();
    }

    private static final String DOCUMENTED = """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: zerohop, namespace: shop}
            rules:
              - {apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"]}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: zerohop, namespace: shop}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: zerohop}
            subjects:
              - {kind: ServiceAccount, name: third, namespace: shop}
            """;

    /** One permission after the other is taken away: what is printed then holds the others, too. */
    @Test
    void whatIsGrantedAlreadyIsPrintedAsWell() throws InterruptedException {
        cluster();
        String all = examine("k8s:///shop/orders:80", IN_A).toApply();
        api.rbac.apply(all);
        api.rbac.apply(all.substring(0, all.indexOf("---")).replace("statefulsets", "deployments"));
        String repaired = examine("k8s:///shop/orders:80", IN_A).toApply();
        assertThat(repaired).isEqualTo(all);
        api.rbac.apply(repaired);
        assertThat(examine("k8s:///shop/orders:80", IN_A).healthy()).isTrue();
    }

    @Test
    void aServerThatReviewsNoPermissionsIsTakenToGrantNone() throws InterruptedException {
        cluster();
        api.reviews = false;
        assertThat(examine(TARGET, IN_A).toApply()).contains("endpointslices", "statefulsets", "services");
    }

    @Test
    void aClientWithoutCredentialsIsGrantedNothing() throws InterruptedException {
        cluster();
        api.user = "system:anonymous";
        Diagnosis diagnosis = examine(TARGET, IN_A);
        assertThat(diagnosis.toApply()).isEmpty();
        assertThat(texts(diagnosis)).singleElement().asString().contains("received no credentials");
    }

    @Test
    void aSubjectThatIsNotKnownIsToBeFilledIn() throws InterruptedException {
        cluster();
        api.user = "";
        assertThat(examine(TARGET, IN_A).toApply()).contains("# the API server does not report who this client is");
    }

    @Test
    void everyTextIsOneYamlText() {
        for (String text :
                List.of("on", "12", "a\"b\\c", "a\nb: c", "\u0000\u0085\u2028\uFEFF", "\uD83D\uDE00", "- a", "#")) {
            assertThat(((Map<?, ?>) Serialization.unmarshal("a: " + Yaml.quoted(text), Map.class)).get("a"))
                    .isEqualTo(text);
        }
        assertThat(Yaml.quoted("\uD83D")).isEqualTo("\"\\uFFFD\"");
    }
}
