package dev.zerohop.spring;

import dev.zerohop.Env;
import dev.zerohop.ResolverProvider;
import dev.zerohop.Target;
import dev.zerohop.config.Configurations;
import dev.zerohop.resolver.SharedResolvers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.Resource;
import org.springframework.core.io.ResourceLoader;

/**
 * One service as it was configured, checked. An immutable value.
 *
 * @param target where its endpoints are found
 * @param configuration JSON in the format of the configuration reference; null for what the source says, else the defaults
 * @param adapter which clients may take it
 * @param critical whether the application is down without it
 */
record ServiceDefinition(
        Target target, @Nullable String configuration, ZerohopProperties.Adapter adapter, boolean critical) {
    private static final String PREFIX = "zerohop.services";
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]*[a-z0-9])?");

    /** What definitions are checked with: schemes of the application's beans, and where files are. */
    record Reader(Map<String, ResolverProvider> providers, ResourceLoader resources) {

        /** Copies the map. */
        Reader {
            providers = Map.copyOf(providers);
        }

        /**
         * The definition.
         *
         * @throws InvalidPropertyException if a property cannot be used
         */
        ServiceDefinition read(String name, ZerohopProperties.Service properties) {
            String key = PREFIX + "." + name;
            if (!NAME.matcher(name).matches()) {
                throw new InvalidPropertyException(
                        PREFIX,
                        "a service was named '" + name
                                + "', expected lower-case letters, digits, '-' and '.', since the name is the host in URLs");
            }
            return new ServiceDefinition(
                    target(key + ".target", properties.target()),
                    configuration(key, properties),
                    properties.adapter(),
                    properties.health().critical());
        }

        private Target target(String key, @Nullable String text) {
            if (text == null || text.isBlank()) {
                throw new InvalidPropertyException(
                        key, "was not set, expected a target such as k8s:///NAMESPACE/SERVICE:PORT");
            }
            try {
                Target target = Target.parse(text);
                ResolverProvider own = providers.get(target.scheme());
                if (own == null) {
                    SharedResolvers.of(target, Env.system()).close();
                } else {
                    own.newResolver(target, Env.system()).close();
                }
                return target;
            } catch (IllegalArgumentException rejected) {
                throw new InvalidPropertyException(key, rejected.getMessage());
            }
        }

        private @Nullable String configuration(String key, ZerohopProperties.Service properties) {
            String policy = properties.policy();
            String config = properties.config();
            if (policy == null && config == null) {
                return null;
            }
            if (config == null) {
                return policy(key + ".policy", policy);
            }
            if (policy != null) {
                throw new InvalidPropertyException(
                        key + ".policy",
                        "was '" + policy + "' beside " + key
                                + ".config, expected one of the two: config names a policy too");
            }
            String json = config.stripLeading().startsWith("{") ? config : read(key + ".config", config);
            try {
                Configurations.parse(json);
            } catch (IllegalArgumentException rejected) {
                throw new InvalidPropertyException(key + ".config", rejected.getMessage());
            }
            return json;
        }

        private static String policy(String key, @Nullable String name) {
            try {
                Configurations.parse(Map.of("policy", String.valueOf(name)));
            } catch (IllegalArgumentException rejected) {
                throw new InvalidPropertyException(
                        key, String.valueOf(rejected.getMessage()).replaceFirst("^policy: ", ""));
            }
            return "{\"policy\": \"" + name + "\"}";
        }

        private String read(String key, String location) {
            Resource resource = resources.getResource(location);
            try {
                return new String(resource.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException unreadable) {
                throw new InvalidPropertyException(
                        key,
                        "was '" + location
                                + "', expected JSON that begins with { or the location of a file that can be read, such as classpath:orders.json: "
                                + unreadable.getMessage());
            }
        }
    }
}
