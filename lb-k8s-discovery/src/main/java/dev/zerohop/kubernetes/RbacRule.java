package dev.zerohop.kubernetes;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One rule of a Role: the permission to read one kind of objects.
 *
 * @param group the API group; empty for the core
 * @param resource the plural
 * @param name the only object that it covers, or null for all
 */
record RbacRule(String group, String resource, @Nullable String name) {

    /** The verbs that a reader needs. */
    static final List<String> VERBS = List.of("list", "watch");

    static RbacRule of(Selection<?> what) {
        return new RbacRule(what.kind().group(), what.kind().plural(), what.name());
    }

    /** As an item of a Role's list of rules. */
    String yaml() {
        return "  - apiGroups: [" + Yaml.quoted(group) + "]\n"
                + "    resources: [" + Yaml.quoted(resource) + "]\n"
                + (name == null ? "" : "    resourceNames: [" + Yaml.quoted(name) + "]\n")
                + "    verbs: ["
                + String.join(", ", VERBS.stream().map(Yaml::quoted).toList()) + "]\n";
    }
}
