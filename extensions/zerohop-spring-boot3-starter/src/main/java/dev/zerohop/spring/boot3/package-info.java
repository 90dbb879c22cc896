/** What differs on Spring Boot 3.5 from other versions. Applications add the module and name nothing of it. */
@NullMarked
package dev.zerohop.spring.boot3;

import org.jspecify.annotations.NullMarked;
