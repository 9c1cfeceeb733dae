//! Keys and certificates made by OpenSSL in the test run, and what it thinks of ours.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::chain::Distrust;
use super::key::PrivateKey;
use super::x509::{Certificate, Validity};
use super::{Signature, Verdict};
use crate::base::digest::{Algorithm, hex};
use crate::base::{Error, ErrorKind};

const MANIFEST: &[u8] = b"SHA256(vm.ovf)= 00\n";
const DAY: Duration = Duration::from_secs(86_400);

/// A directory OpenSSL works in.
struct Bench(TempDir);

impl Bench {
    /// Without OpenSSL, tells of the skip or fails where tools are required.
    fn new() -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            let required = std::env::var_os("OVFKIT_REQUIRE_TOOLS").is_some_and(|v| v == "1");
            assert!(
                !required,
                "openssl is missing and OVFKIT_REQUIRE_TOOLS is 1"
            );
            eprintln!("SKIPPED: openssl is missing");
            return None;
        }
        let bench = Self(tempfile::tempdir().unwrap());
        std::fs::write(bench.path("manifest"), MANIFEST).unwrap();
        Some(bench)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs `openssl` with the words of `line`.
    #[track_caller]
    fn openssl(&self, line: &str) {
        let run = Command::new("openssl")
            .args(line.split_whitespace())
            .current_dir(self.0.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "openssl {line}: {said}");
    }

    /// A key `NAME.key` and a self-signed certificate `NAME.pem`.
    fn self_signed(&self, name: &str, kind: &str) {
        self.openssl(&format!("genpkey {kind} -out {name}.key"));
        self.openssl(&format!(
            "req -x509 -new -key {name}.key -subj /O=Test/CN={name} -days 30 -out {name}.pem"
        ));
    }

    /// A certificate `NAME.pem` by `issuer`, with `extensions`.
    fn issued(&self, name: &str, issuer: &str, extensions: &str) {
        std::fs::write(self.path("extensions"), extensions).unwrap();
        self.openssl(&format!("genpkey {P256} -out {name}.key"));
        self.openssl(&format!(
            "req -new -key {name}.key -subj /CN={name} -out {name}.csr"
        ));
        self.openssl(&format!(
            "x509 -req -in {name}.csr -CA {issuer}.pem -CAkey {issuer}.key -CAcreateserial \
             -days 20 -sha256 -extfile extensions -out {name}.pem"
        ));
    }

    fn key(&self, name: &str) -> PrivateKey {
        let no_passphrase = &mut || panic!("not encrypted");
        PrivateKey::from_pem(&self.text(&format!("{name}.key")), no_passphrase).unwrap()
    }

    fn certificates(&self, names: &[&str]) -> Vec<Certificate> {
        (names.iter())
            .flat_map(|name| Certificate::from_pem(&self.text(&format!("{name}.pem")), 16).unwrap())
            .map(Result::unwrap)
            .collect()
    }

    /// What a signature by the first of `names`, with the others as intermediates, is worth
    /// to who trusts `roots`.
    fn judge(&self, names: &[&str], roots: &[&str], at: SystemTime) -> Verdict {
        let certificates = self.certificates(names);
        let key = self.key(names[0]);
        let made = Signature::sign("vm.mf", MANIFEST, Algorithm::Sha256, &key, &certificates);
        let read = Signature::parse(made.unwrap().to_text().as_bytes()).unwrap();
        read.verify(MANIFEST, &self.certificates(roots), at)
    }

    #[track_caller]
    fn distrust(&self, names: &[&str], roots: &[&str]) -> Distrust {
        let verdict = self.judge(names, roots, SystemTime::now());
        assert_eq!(verdict.intact, Ok(true));
        verdict
            .trust
            .map(|chain| chain.certificates.len())
            .unwrap_err()
    }
}

const P256: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";
const CA: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n\
                  subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n";
const LEAF: &str = "keyUsage=digitalSignature\nextendedKeyUsage=codeSigning\n";

#[test]
fn signatures_of_all_kinds_hold_here_and_with_openssl() {
    let Some(bench) = Bench::new() else { return };
    for (name, kind) in [
        ("RSA 2048", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048"),
        ("RSA 4096", "-algorithm RSA -pkeyopt rsa_keygen_bits:4096"),
        ("ECDSA P-256", P256),
        (
            "ECDSA P-384",
            "-algorithm EC -pkeyopt ec_paramgen_curve:P-384",
        ),
        (
            "ECDSA P-521",
            "-algorithm EC -pkeyopt ec_paramgen_curve:P-521",
        ),
    ] {
        bench.self_signed("k", kind);
        bench.openssl("pkey -in k.key -pubout -out k.pub");
        let (key, certificates) = (bench.key("k"), bench.certificates(&["k"]));
        let public = certificates[0].key().unwrap();
        assert_eq!(public.name(), name);
        assert!(!public.is_weak());
        for algorithm in [
            Algorithm::Sha1,
            Algorithm::Sha256,
            Algorithm::Sha384,
            Algorithm::Sha512,
        ] {
            bench.openssl(&format!(
                "dgst -{algorithm} -sign k.key -out theirs manifest"
            ));
            let theirs = std::fs::read(bench.path("theirs")).unwrap();
            assert!(
                public.verifies(algorithm, MANIFEST, &theirs),
                "{name} {algorithm}"
            );
            assert!(!public.verifies(algorithm, b"other", &theirs));
            assert!(!public.verifies(algorithm, MANIFEST, &theirs[1..]));

            let ours = Signature::sign("vm.mf", MANIFEST, algorithm, &key, &certificates).unwrap();
            std::fs::write(bench.path("ours"), &ours.bytes).unwrap();
            bench.openssl(&format!(
                "dgst -{algorithm} -verify k.pub -signature ours manifest"
            ));
            let again = key.sign(algorithm, MANIFEST).unwrap();
            assert_eq!(again, ours.bytes, "equal input gives equal signatures");
        }
    }
}

#[test]
fn keys_are_read_in_all_their_forms() {
    let Some(bench) = Bench::new() else { return };
    let secret = &mut || Ok("secret".to_owned());
    let open = |name: &str, passphrase: &mut dyn FnMut() -> crate::base::Result<String>| {
        PrivateKey::from_pem(&bench.text(name), passphrase).map(|key| key.public())
    };
    for (name, kind) in [("rsa", "-algorithm RSA"), ("ec", P256)] {
        bench.openssl(&format!("genpkey {kind} -out {name}.key"));
        let public = bench.key(name).public();
        for way in [
            format!("{name} -in {name}.key -traditional -out other"),
            format!("pkcs8 -topk8 -in {name}.key -passout pass:secret -out other"),
            format!("pkcs8 -topk8 -in {name}.key -scrypt -passout pass:secret -out other"),
            format!("pkcs8 -topk8 -in {name}.key -v2 aes-128-cbc -passout pass:secret -out other"),
        ] {
            let way = way.replace("ec -in ec.key -traditional", "ec -in ec.key");
            bench.openssl(&way);
            assert_eq!(open("other", secret).unwrap(), public, "{way}");
        }
        let wrong = open("other", &mut || Ok("wrong".to_owned())).unwrap_err();
        assert_eq!(wrong.kind(), ErrorKind::Usage);
        let none = open("other", &mut || Err(Error::usage("no terminal"))).unwrap_err();
        assert_eq!(none.message(), "no terminal");
    }
    bench.openssl("ecparam -genkey -name secp384r1 -out parameters-first");
    assert_eq!(
        open("parameters-first", secret).unwrap().name(),
        "ECDSA P-384"
    );
    for (line, kind) in [
        (
            "rsa -in rsa.key -traditional -aes128 -passout pass:secret -out x",
            ErrorKind::Unsupported,
        ),
        ("genpkey -algorithm ED25519 -out x", ErrorKind::Unsupported),
        (
            "ecparam -genkey -noout -name secp256k1 -out x",
            ErrorKind::Unsupported,
        ),
        ("pkey -in rsa.key -pubout -out x", ErrorKind::Invalid),
    ] {
        bench.openssl(line);
        assert_eq!(open("x", secret).unwrap_err().kind(), kind, "{line}");
    }
}

#[test]
fn key_and_certificate_have_to_belong_together() {
    let Some(bench) = Bench::new() else { return };
    bench.self_signed("a", P256);
    bench.self_signed("b", P256);
    let sign = |key: &str, certificates: &[&str]| {
        let certificates = bench.certificates(certificates);
        Signature::sign(
            "vm.mf",
            MANIFEST,
            Algorithm::Sha256,
            &bench.key(key),
            &certificates,
        )
    };
    assert!(sign("a", &["b"]).is_err());
    let made = sign("a", &["b", "a"]).unwrap();
    assert_eq!(
        made.signer.subject(),
        "CN=a,O=Test",
        "it comes first, wherever it was given"
    );
    assert_eq!(made.others.len(), 1);
    // Somebody else's certificate in the place of the signer's.
    let text = made.to_text().replace(&made.signer.to_pem(), "");
    let read = Signature::parse(text.as_bytes()).unwrap();
    assert_eq!(
        read.verify(MANIFEST, &[], SystemTime::now()).intact,
        Ok(false)
    );
}

#[test]
fn what_is_written_is_what_openssl_and_printf_make() {
    let Some(bench) = Bench::new() else { return };
    bench.self_signed("k", P256);
    let made = Signature::sign(
        "vm (1).mf",
        MANIFEST,
        Algorithm::Sha384,
        &bench.key("k"),
        &bench.certificates(&["k"]),
    );
    let made = made.unwrap();
    let text = made.to_text();
    let line = format!("SHA384(vm (1).mf)= {}\n", hex(&made.bytes));
    assert_eq!(text, line + &bench.text("k.pem"));
    let loose = text
        .replace(")= 30", ") = 30\n ")
        .replace('\n', " \r\n")
        .replace("-----BEGIN", "subject=CN = k\r\n  -----BEGIN");
    // Broken lines, blanks, and what `openssl x509 -subject` writes before a certificate.
    let read = Signature::parse(loose.as_bytes()).unwrap();
    assert_eq!(
        (read.bytes, read.manifest),
        (made.bytes, "vm (1).mf".to_owned())
    );
}

#[test]
fn hostile_files_are_refused() {
    let Some(bench) = Bench::new() else { return };
    bench.self_signed("k", P256);
    let pem = bench.text("k.pem");
    let line = "SHA256(vm.mf)= 00\n";
    for (file, kind) in [
        (String::new(), ErrorKind::Invalid),
        (pem.clone(), ErrorKind::Invalid),
        (line.to_owned(), ErrorKind::Invalid),
        (format!("SHA256(vm.mf)= 0\n{pem}"), ErrorKind::Invalid),
        (format!("SHA256(vm.mf)= \n{pem}"), ErrorKind::Invalid),
        (format!("SHA256(a\nb)= 00\n{pem}"), ErrorKind::Invalid),
        (format!("MD5(vm.mf)= 00\n{pem}"), ErrorKind::Unsupported),
        (
            format!("{line}{}", pem.replace("-----END", "-----")),
            ErrorKind::Invalid,
        ),
        (
            format!("{line}{}", pem.replacen("MII", "MIJ", 1)),
            ErrorKind::Invalid,
        ),
        (
            format!("{line}{}", pem.repeat(17)),
            ErrorKind::LimitExceeded,
        ),
        (
            format!("{line}{pem}{}", " ".repeat(1 << 20)),
            ErrorKind::LimitExceeded,
        ),
    ] {
        let error = Signature::parse(file.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), kind, "{}", error.message());
        assert!(error.advice().is_some());
    }
    assert!(Signature::parse(b"\xFF\xFE").is_err());
    // Any byte of the certificate may be another: there are errors, and no panics.
    let der = super::pem::blocks(&pem)[0].content().unwrap().to_vec();
    for at in 0..der.len() {
        for value in [0, 1, 0x7F, 0x80, 0xFF] {
            let mut bytes = der.clone();
            bytes[at] = value;
            let text = format!("{line}{}", super::pem::block("CERTIFICATE", &bytes));
            if let Ok(signature) = Signature::parse(text.as_bytes()) {
                let verdict = signature.verify(MANIFEST, &[], SystemTime::now());
                assert!(verdict.intact != Ok(true) && verdict.trust.is_err());
            }
        }
    }
}

#[test]
fn a_certificate_tells_what_openssl_tells_of_it() {
    let Some(bench) = Bench::new() else { return };
    bench.self_signed("k", P256);
    bench.openssl("x509 -in k.pem -noout -serial -fingerprint -sha256 -out told");
    let certificate = &bench.certificates(&["k"])[0];
    let told = bench.text("told").to_lowercase().replace(':', "");
    assert!(
        told.contains(&format!("serial={}\n", certificate.serial())),
        "{told}"
    );
    assert!(told.contains(&certificate.fingerprint()), "{told}");
    assert_eq!(certificate.issuer(), "CN=k,O=Test");
    assert!(certificate.not_before() < certificate.not_after());
}

#[test]
fn a_certificate_is_valid_in_its_time() {
    let Some(bench) = Bench::new() else { return };
    bench.self_signed("k", P256);
    let now = SystemTime::now();
    for (at, validity) in [
        (now, Validity::Valid),
        (now - DAY, Validity::NotYet),
        (now + 31 * DAY, Validity::Expired),
    ] {
        let verdict = bench.judge(&["k"], &["k"], at);
        assert_eq!((verdict.intact, verdict.validity), (Ok(true), validity));
        assert!(verdict.trust_at_any_time.is_ok());
    }
}

#[test]
fn self_signed_is_not_the_same_as_untrusted() {
    let Some(bench) = Bench::new() else { return };
    bench.self_signed("root", P256);
    bench.self_signed("other", P256);
    bench.issued("leaf", "root", LEAF);
    assert_eq!(bench.distrust(&["root"], &["other"]), Distrust::SelfSigned);
    let missing = Distrust::NoIssuer("CN=root,O=Test".to_owned());
    assert_eq!(bench.distrust(&["leaf"], &["other"]), missing);
    let now = SystemTime::now();
    let own = bench.judge(&["root"], &["root"], now).trust.unwrap();
    assert_eq!(own.certificates.len(), 1);
    // Trusted itself, a certificate needs no issuer.
    assert!(bench.judge(&["leaf"], &["leaf"], now).trust.is_ok());
}

#[test]
fn a_chain_leads_over_intermediates_to_a_root() {
    let Some(bench) = Bench::new() else { return };
    bench.self_signed("root", "-algorithm RSA");
    bench.issued("one", "root", CA);
    bench.issued("two", "one", CA);
    bench.issued("leaf", "two", LEAF);
    let now = SystemTime::now();
    for between in [["leaf", "one", "two"], ["leaf", "two", "one"]] {
        let chain = bench.judge(&between, &["root"], now).trust.unwrap();
        let names: Vec<_> = chain
            .certificates
            .iter()
            .map(Certificate::subject)
            .collect();
        assert_eq!(names, ["CN=leaf", "CN=two", "CN=one", "CN=root,O=Test"]);
    }
    assert!(
        bench
            .judge(&["leaf"], &["root", "one", "two"], now)
            .trust
            .is_ok()
    );
    assert!(bench.judge(&["leaf", "two"], &["one"], now).trust.is_ok());
    let untrusted = bench.distrust(&["leaf", "one", "two"], &[]);
    assert_eq!(untrusted, Distrust::NoIssuer("CN=root,O=Test".to_owned()));
    let missing = bench.distrust(&["leaf", "one"], &["root"]);
    assert_eq!(missing, Distrust::NoIssuer("CN=two".to_owned()));
    // The issuers' times count, too, unless times do not matter.
    let late = bench.judge(&["leaf", "one", "two"], &["root"], now + 25 * DAY);
    assert!(matches!(late.trust, Err(Distrust::OutOfTime(_))));
    assert!(late.trust_at_any_time.is_ok());
    assert_eq!(late.validity, Validity::Expired);
}

#[test]
fn what_a_certificate_may_not_do_is_minded() {
    let Some(bench) = Bench::new() else { return };
    bench.self_signed("root", P256);
    bench.issued("no-ca", "root", "basicConstraints=CA:FALSE\n");
    bench.issued("silent", "root", "subjectKeyIdentifier=hash\n");
    bench.issued(
        "no-certs",
        "root",
        "basicConstraints=CA:TRUE\nkeyUsage=cRLSign\n",
    );
    bench.issued("short", "root", "basicConstraints=CA:TRUE,pathlen:0\n");
    bench.issued("below", "short", CA);
    bench.issued(
        "names",
        "root",
        &format!("{CA}nameConstraints=critical,permitted;DNS:x\n"),
    );
    for (issuer, others, expected) in [
        (
            "no-ca",
            vec![],
            Distrust::NotAuthority("CN=no-ca".to_owned()),
        ),
        (
            "silent",
            vec![],
            Distrust::NotAuthority("CN=silent".to_owned()),
        ),
        (
            "no-certs",
            vec![],
            Distrust::NotForCertificates("CN=no-certs".to_owned()),
        ),
        (
            "below",
            vec!["short"],
            Distrust::PathTooLong("CN=short".to_owned()),
        ),
        (
            "names",
            vec![],
            Distrust::UnknownExtension("2.5.29.30".to_owned()),
        ),
    ] {
        bench.issued("leaf", issuer, LEAF);
        let names = [vec!["leaf", issuer], others].concat();
        assert_eq!(bench.distrust(&names, &["root"]), expected);
    }
    bench.issued("leaf", "short", LEAF);
    assert!(
        bench
            .judge(&["leaf", "short"], &["root"], SystemTime::now())
            .trust
            .is_ok()
    );
    bench.issued("leaf", "root", "keyUsage=keyEncipherment\n");
    assert_eq!(
        bench.distrust(&["leaf"], &["root"]),
        Distrust::NotForSigning
    );
}

#[test]
fn names_alone_make_no_issuer() {
    let Some(bench) = Bench::new() else { return };
    bench.self_signed("root", P256);
    bench.issued("leaf", "root", LEAF);
    // A new key under the old name: both are tried, the right one is found.
    std::fs::rename(bench.path("root.pem"), bench.path("real.pem")).unwrap();
    bench.self_signed("root", P256);
    let falsely = bench.distrust(&["leaf"], &["root"]);
    assert_eq!(falsely, Distrust::FalseSignature("CN=leaf".to_owned()));
    let both = bench.judge(&["leaf"], &["root", "real"], SystemTime::now());
    assert!(both.trust.is_ok());
}

#[test]
fn a_maze_of_equal_names_is_left_soon() {
    let Some(bench) = Bench::new() else { return };
    bench.openssl(&format!("genpkey {P256} -out m.key"));
    let mut text = String::new();
    for _ in 0..12 {
        bench.openssl("req -x509 -new -key m.key -subj /CN=maze -days 30 -out m.pem");
        text += &bench.text("m.pem");
    }
    std::fs::write(bench.path("m.pem"), text).unwrap();
    assert_eq!(bench.distrust(&["m"], &[]), Distrust::TooLong);
}

#[test]
fn roots_come_from_files_and_directories() {
    let Some(bench) = Bench::new() else { return };
    let read = |name: &str| super::roots::read(&bench.path(name)).map(|roots| roots.len());
    bench.self_signed("a", P256);
    bench.self_signed("ed", "-algorithm ED25519");
    let bundle = format!("# comment\n{}{}", bench.text("a.pem"), bench.text("ed.pem"));
    std::fs::create_dir(bench.path("roots")).unwrap();
    std::fs::write(bench.path("roots/bundle.crt"), &bundle).unwrap();
    std::fs::write(bench.path("roots/README"), "no certificate").unwrap();
    assert_eq!(
        read("roots").unwrap(),
        2,
        "a key of another kind does not hurt"
    );
    assert_eq!(read("roots/bundle.crt").unwrap(), 2);
    for (name, kind) in [
        ("roots/README", ErrorKind::Invalid),
        ("none", ErrorKind::Io),
    ] {
        assert_eq!(read(name).unwrap_err().kind(), kind);
    }
}

#[test]
fn a_real_signature_of_2008_holds() {
    let corpus = std::env::var_os("OVFKIT_CORPUS").map(PathBuf::from);
    let Some(directory) = corpus.map(|root| root.join("corpus/companions")) else {
        eprintln!("SKIPPED: OVFKIT_CORPUS names no directory");
        return;
    };
    let read = |name: &str| std::fs::read(directory.join(name)).unwrap();
    let signature = Signature::parse(&read("ruby-ovf__ourOVF.cert")).unwrap();
    assert_eq!(signature.manifest, "ourOVF.mf");
    let key = signature.signer.key().unwrap();
    assert_eq!((key.name().as_str(), key.is_weak()), ("RSA 512", true));
    let manifest = read("ruby-ovf__ourOVF.mf");
    let verdict = signature.verify(&manifest, &[], SystemTime::now());
    assert_eq!(
        (verdict.intact, verdict.validity),
        (Ok(true), Validity::Expired)
    );
    assert_eq!(verdict.trust.unwrap_err(), Distrust::SelfSigned);
    assert!(
        signature
            .verify(&manifest[1..], &[], SystemTime::now())
            .intact
            == Ok(false)
    );
}
