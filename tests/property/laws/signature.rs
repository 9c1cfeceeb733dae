//! What holds for any bytes that are given as a signature with its certificates.

use std::time::{Duration, SystemTime};

use ovfkit::ova::certificate::chain::Distrust;
use ovfkit::ova::certificate::x509::Certificate;
use ovfkit::ova::certificate::{Signature, Verdict};

/// What the seeds sign.
const MANIFEST: &[u8] = b"SHA256(vm.ovf)= 00\n";
/// Within the validity of the seeds' certificates.
const NOW: Duration = Duration::from_secs(1_900_000_000);
const MAX_CHAIN: usize = 10;

/// A signature is refused, or it is written again as the same one, and judged, whoever
/// is trusted; and it holds for one manifest at most. Returns whether it was read.
pub fn signature(bytes: &[u8]) -> bool {
    let Ok(signature) = Signature::parse(bytes) else {
        return false;
    };
    let text = signature.to_text();
    // Lines may be broken where they were not.
    if text.len() <= Signature::LIMIT {
        let again = Signature::parse(text.as_bytes()).unwrap();
        assert_eq!(again.algorithm, signature.algorithm);
        assert_eq!(again.manifest, signature.manifest);
        assert_eq!(again.bytes, signature.bytes);
        assert_eq!(again.to_text(), text);
    }
    assert!(signature.others.len() < Signature::MAX_CERTIFICATES);
    let mut all = vec![signature.signer.clone()];
    all.extend(signature.others.iter().cloned());
    for certificate in &all {
        let told = [
            certificate.subject(),
            certificate.issuer(),
            certificate.serial(),
            certificate.not_before(),
            certificate.not_after(),
        ];
        assert!(!told[2].is_empty() && !told[3].is_empty());
        assert_eq!(certificate.fingerprint().len(), 64);
    }
    let nobody = judged(&signature, &[]);
    assert!(nobody.trust.is_err() && nobody.trust_at_any_time.is_err());
    let last = &all[all.len() - 1..];
    for roots in [last, &all] {
        let verdict = judged(&signature, roots);
        assert_eq!(verdict.intact, nobody.intact, "whoever is trusted");
        assert_eq!(verdict.validity, nobody.validity, "whoever is trusted");
        for chain in [&verdict.trust, &verdict.trust_at_any_time] {
            let Ok(chain) = chain else { continue };
            let names: Vec<_> = chain
                .certificates
                .iter()
                .map(Certificate::fingerprint)
                .collect();
            assert!(names.len() <= MAX_CHAIN);
            assert_eq!(names[0], signature.signer.fingerprint());
            assert!(
                roots
                    .iter()
                    .any(|root| root.fingerprint() == names[names.len() - 1])
            );
        }
        if verdict.trust.is_ok() {
            let ever = verdict.trust_at_any_time.err();
            assert!(matches!(ever, None | Some(Distrust::TooLong)), "{ever:?}");
        }
    }
    true
}

fn judged(signature: &Signature, roots: &[Certificate]) -> Verdict {
    let now = SystemTime::UNIX_EPOCH + NOW;
    let verdict = signature.verify(MANIFEST, roots, now);
    if verdict.intact == Ok(true) {
        let other = signature.verify(&MANIFEST[1..], roots, now);
        assert_eq!(other.intact, Ok(false), "another manifest");
    }
    verdict
}
