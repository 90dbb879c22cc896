package dev.zerohop.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RolesTest {
    private static final RbacRule RULE = new RbacRule("", "pods", null);

    private static String yaml(String user, String target, RbacRule... rules) {
        return Roles.yaml("shop", "orders", target, List.of(rules), user, "");
    }

    private static String name(String yaml) {
        return yaml.lines()
                .filter(line -> line.startsWith("  name: "))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aRoleIsOfOneSubjectAndOneTarget() {
        String one = name(yaml("system:serviceaccount:shop:a", "k8s:///shop/orders:grpc", RULE));
        assertThat(one).matches(" {2}name: \"zerohop-orders-[0-9a-f]{10}\"");
        assertThat(name(yaml("system:serviceaccount:shop:a", "k8s:///shop/orders:grpc", RULE)))
                .isEqualTo(one);
        assertThat(name(yaml("system:serviceaccount:shop:b", "k8s:///shop/orders:grpc", RULE)))
                .isNotEqualTo(one);
        assertThat(name(yaml("system:serviceaccount:shop:a", "k8s:///shop/orders:http", RULE)))
                .isNotEqualTo(one);
    }

    @Test
    void aSubjectIsAServiceAccountOnlyIfItsNameIsOne() {
        assertThat(yaml("system:serviceaccount:shop:a", "t", RULE))
                .endsWith("subjects:\n  - kind: ServiceAccount\n    name: \"a\"\n    namespace: \"shop\"\n");
        for (String user : List.of("jane", "oidc:corp:shop:a", "system:serviceaccount:shop:a:b")) {
            assertThat(yaml(user, "t", RULE))
                    .endsWith("subjects:\n  - kind: User\n    apiGroup: rbac.authorization.k8s.io\n    name: \"" + user
                            + "\"\n");
        }
    }

    @Test
    void aRuleIsGivenOnceAndForOneObjectIfOneIsMeant() {
        RbacRule named = new RbacRule("apps", "statefulsets", "orders");
        String yaml = yaml("jane", "t", RULE, named, RULE, named);
        assertThat(yaml)
                .containsOnlyOnce(
                        "  - apiGroups: [\"\"]\n    resources: [\"pods\"]\n    verbs: [\"list\", \"watch\"]\n");
        assertThat(yaml)
                .containsOnlyOnce("  - apiGroups: [\"apps\"]\n    resources: [\"statefulsets\"]\n"
                        + "    resourceNames: [\"orders\"]\n    verbs: [\"list\", \"watch\"]\n");
    }
}
