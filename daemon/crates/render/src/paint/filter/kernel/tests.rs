use super::*;

#[test]
fn averages_are_divided_exactly() {
    for radius in 1..=MAX_NARROW / 2 {
        let (factor, shift) = reciprocal(radius);
        let width = radius as u32 * 2 + 1;
        for sum in 0..=255 * width {
            let sum = sum + radius as u32;
            assert_eq!((sum * u32::from(factor)) >> 16 >> shift, sum / width, "{sum} / {width}");
        }
    }
}

#[test]
fn weights_add_up_to_one() {
    for sigma in [0.05, 0.1, 0.5, 1.0, 1.5, 1.999] {
        let Kernel::Sum(weights) = Kernel::sum(sigma) else {
            unreachable!("small radii are sums");
        };
        let total = 2 * weights.iter().map(|weight| u32::from(*weight)).sum::<u32>() - u32::from(weights[0]);
        assert!(total.abs_diff(65536) <= 16, "{sigma}: {weights:?}");
    }
}

fn lines(bytes: &[u8], first: usize) -> Lines {
    let padded: Vec<u8> = bytes.iter().flat_map(|byte| [*byte; STRIDE]).collect();
    Lines {
        bytes: padded,
        stride: STRIDE,
        first,
        count: bytes.len(),
    }
}

#[test]
fn one_colour_stays_that_colour_away_from_its_edges() {
    for kernel in [
        Kernel::sum(0.3),
        Kernel::sum(1.9),
        Kernel::averages(2.0),
        Kernel::averages(9.0),
    ] {
        for colour in [1, 100, 254, 255] {
            let blurred = blur(lines(&[colour; 301], 10), &kernel, 400, &mut Scratch::default());
            assert_eq!(blurred.line(Some(160)).unwrap(), [colour; STRIDE], "{kernel:?}");
        }
    }
}

#[test]
fn averages_are_those_of_the_naive_way() {
    let source: Vec<u8> = (0..90u32).map(|index| (index * 7919 % 256) as u8).collect();
    for radius in [1, 2, 30, 63, 64, 200] {
        let blurred = average(&lines(&source, 5), radius, 97, &mut Scratch::default());
        for at in 0..97usize {
            let window = at.saturating_sub(radius)..=at + radius;
            let sum: u32 = window
                .filter_map(|index| source.get(index.checked_sub(5)?))
                .map(|byte| u32::from(*byte))
                .sum();
            let width = radius as u32 * 2 + 1;
            let expected = ((sum + radius as u32) / width) as u8;
            let found = blurred.line(Some(at)).map_or(0, |line| line[3]);
            assert_eq!(found, expected, "line {at}, radius {radius}");
        }
    }
}
