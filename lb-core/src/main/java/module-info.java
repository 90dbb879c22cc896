/** zerohop's core: see {@link dev.zerohop}. */
module dev.zerohop.core {
    requires static transitive org.jspecify;
    requires org.slf4j;
    requires com.fasterxml.jackson.core;

    exports dev.zerohop;
    exports dev.zerohop.load;
    exports dev.zerohop.picker;
    exports dev.zerohop.health;
    exports dev.zerohop.retry;
    exports dev.zerohop.stage;

    uses dev.zerohop.ResolverProvider;
}
