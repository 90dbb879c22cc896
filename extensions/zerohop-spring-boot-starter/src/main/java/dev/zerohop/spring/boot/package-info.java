/** What differs on Spring Boot 4 from other versions. Applications add the module and name nothing of it. */
@NullMarked
package dev.zerohop.spring.boot;

import org.jspecify.annotations.NullMarked;
