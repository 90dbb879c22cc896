/** zerohop's core: see {@link dev.zerohop}. */
module dev.zerohop.core {
    requires static transitive org.jspecify;
    requires org.slf4j;
    requires com.fasterxml.jackson.core;
    // Absent from some small runtimes, which then have no events.
    requires static jdk.jfr;

    exports dev.zerohop;
    exports dev.zerohop.load;
    exports dev.zerohop.report;
    exports dev.zerohop.picker;
    exports dev.zerohop.config;
    exports dev.zerohop.guard;
    // For the modules of this library: it is no API.
    exports dev.zerohop.json;
    exports dev.zerohop.health;
    exports dev.zerohop.probe;
    exports dev.zerohop.retry;
    exports dev.zerohop.stage;
    exports dev.zerohop.monitor;
    exports dev.zerohop.resolver;
    exports dev.zerohop.watch;

    uses dev.zerohop.PolicyProvider;
    uses dev.zerohop.StageProvider;
    uses dev.zerohop.ResolverProvider;
    uses dev.zerohop.SourceConfiguration.Format;

    provides dev.zerohop.ResolverProvider with
            dev.zerohop.resolver.ResolverProviders.StaticTargets,
            dev.zerohop.resolver.ResolverProviders.FileTargets;
    provides dev.zerohop.SourceConfiguration.Format with
            dev.zerohop.config.SourceFormat;
}
