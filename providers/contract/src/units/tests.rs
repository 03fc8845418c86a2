use super::*;
use proptest::prelude::*;

fn reads_back<T: Unit + PartialEq + std::fmt::Debug>(value: &T) -> Result<(), TestCaseError> {
    let text = value.to_string();
    let again: T = text.parse().map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?;
    prop_assert_eq!(&again, value, "{}", text);
    Ok(())
}

proptest! {
    #[test]
    fn bytes_read_back(n in 0u64..(1 << 53), shift in 0u32..8) {
        reads_back(&Bytes(n >> shift))?;
    }

    #[test]
    fn durations_read_back(n in 0u64..1_000_000_000) {
        reads_back(&Duration(n))?;
    }

    #[test]
    fn cores_and_rates_read_back(milli in 0u64..10_000_000, bits in 0u32..u32::MAX) {
        reads_back(&Cores { milli })?;
        reads_back(&Rate(f64::from(bits) * 1000.0))?;
    }

    #[test]
    fn budgets_and_money_read_back(amount in 0.0f64..1e12) {
        reads_back(&CpuBudget::AtOnce(amount))?;
        reads_back(&GpuBudget::Hours { hours: amount, per: Some(Per::Year) })?;
        reads_back(&Money { amount, currency: "CHF".into(), per: Some(Per::TbYear) })?;
    }

    #[test]
    fn no_text_makes_a_unit_panic(text in "\\PC{0,24}") {
        for name in ["bytes", "rate", "duration", "date", "cores", "fraction", "cpuBudget", "gpuBudget", "money", "hostList", "taint"] {
            prop_assert!(check(name, &text).is_some());
        }
    }
}

#[test]
fn decimal_and_binary_are_kept_apart() {
    assert_eq!("1TB".parse(), Ok(Bytes(1_000_000_000_000)));
    assert_eq!("1TiB".parse(), Ok(Bytes(1 << 40)));
    assert_eq!("4.5PB".parse(), Ok(Bytes(4_500_000_000_000_000)));
    assert_eq!("1EiB".parse(), Ok(Bytes(1 << 60)));
    assert_eq!("512Gi".parse::<Bytes>().map_err(|e| e.help), Err("write 512GiB".into()));
    assert!("512".parse::<Bytes>().is_err_and(|e| e.message.contains("no unit")));
    assert!("20EiB".parse::<Bytes>().is_err());
}

#[test]
fn durations_join_from_large_to_small() {
    assert_eq!("1d12h".parse(), Ok(Duration(129_600)));
    assert_eq!("168h".parse::<Duration>().map(|d| d.to_string()), Ok("1w".into()));
    assert!("12h1d".parse::<Duration>().is_err());
    assert!("12".parse::<Duration>().is_err_and(|e| e.message.contains("no unit")));
}

#[test]
fn rates_are_in_bits_unless_said() {
    assert_eq!("200Gbps".parse(), Ok(Rate(2e11)));
    assert_eq!("25GB/s".parse(), Ok(Rate(2e11)));
}

#[test]
fn budgets_tell_at_once_from_hours() {
    assert_eq!("8".parse(), Ok(GpuBudget::AtOnce(8.0)));
    assert_eq!(
        "20000 GPU-hours/year".parse(),
        Ok(GpuBudget::Hours { hours: 20_000.0, per: Some(Per::Year) })
    );
    assert!("100 core-hours/year".parse::<GpuBudget>().is_err());
    assert!("100 core-hours/TB".parse::<CpuBudget>().is_err());
}

#[test]
fn host_lists_expand_in_order() {
    let names = |t: &str| t.parse::<HostList>().map(|h| h.names().to_vec());
    assert_eq!(names("c[09-11],x").ok(), Some(vec!["c09".into(), "c10".into(), "c11".into(), "x".into()]));
    assert_eq!(names("r[1-2]n[1,3]").map(|n| n.len()), Ok(4));
    for wrong in ["", "c[1-", "c[2-1]", "c[a-b]", "a,,b", "c[1-999999999]", "c]1[", "a b"] {
        assert!(names(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn taints_have_an_effect() {
    assert!("a/b=c:NoSchedule".parse::<Taint>().is_ok());
    assert!("a=b".parse::<Taint>().is_err());
    assert!("a=b:Never".parse::<Taint>().is_err());
}
