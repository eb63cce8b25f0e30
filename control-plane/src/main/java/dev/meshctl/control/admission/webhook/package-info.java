/** The webhooks: an AdmissionReview in, an AdmissionReview out, with neither network nor cluster. */
@NullMarked
package dev.meshctl.control.admission.webhook;

import org.jspecify.annotations.NullMarked;
